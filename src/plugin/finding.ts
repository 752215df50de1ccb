/** What an audit returns: metrics that gates and reports can name, and details from a closed set, so that no plugin writes HTML. */

export interface Interval {
  low: number;
  high: number;
  /** E.g. 0.95, two-sided. */
  confidence: number;
  /** E.g. 'Wilson'. */
  method: string;
}

export interface Metric {
  /** Unique within a model: 'robust-accuracy@pgd:linf:8/255', 'fnr@clean[skin_tone=darker]'. What a gate names. */
  id: string;
  model: string;
  /** For people: 'Robust accuracy under PGD, L∞ 8/255'. */
  label: string;
  /** Undefined rates (0 of 0) are null, never 0. */
  value: number | null;
  interval?: Interval;
  /** Counts behind a proportion. */
  count?: number;
  total?: number;
  unit: 'proportion' | 'number';
  better: 'higher' | 'lower';
  evaluation?: string;
  /** Subgroup: column → value; two columns for an intersection. Absent: everyone. */
  group?: Record<string, string>;
}

export type Cell = string | number | null | { metric: string; model: string };

export type Detail =
  | { type: 'note'; level: 'info' | 'warning'; text: string }
  | {
      type: 'table';
      title: string;
      columns: { title: string; align?: 'left' | 'right' }[];
      rows: Cell[][];
      /** Evidence that a reader opens when in doubt: shown closed. */
      folded?: boolean;
    }
  /** Lines over ε, one per model and attack, or over another number; y is a proportion with an optional band. */
  | {
      type: 'curves';
      title: string;
      xLabel: string;
      yLabel: string;
      /** Of y; default 'proportion'. Numbers are drawn from 0, and none is negative. */
      unit?: Metric['unit'];
      lines: {
        label: string;
        model: string;
        points: { x: number; xText?: string; y: number | null; low?: number; high?: number }[];
      }[];
    }
  /** Step functions over a number, such as how many examples lie below a distance; y is a proportion. */
  | {
      type: 'steps';
      title: string;
      xLabel: string;
      yLabel: string;
      /** Of x. 'log' draws no x that is not positive. */
      scale: 'linear' | 'log';
      lines: {
        label: string;
        model: string;
        /** y before the first point. */
        start: number;
        /** By ascending x: y from there on. */
        points: { x: number; y: number }[];
      }[];
    }
  /** Dot-and-whisker rows, e.g. false-negative rates by subgroup; rows that share a `section` stand together. */
  | {
      type: 'forest';
      title: string;
      xLabel: string;
      /** Drawn as a vertical rule: the rate over everyone. */
      reference?: { label: string; value: number };
      rows: {
        label: string;
        section?: string;
        /** Distinguishes series that share a row, e.g. 'clean' and 'pgd:linf:8/255'. */
        series: string;
        value: number | null;
        low?: number;
        high?: number;
        count?: number;
        total?: number;
        /** Fewer cases than the audit trusts: drawn hatched and said in words. */
        small?: boolean;
      }[];
    };

/** One check of whether the evaluation of one model can be believed. */
export interface HealthCheck {
  /** As the literature calls it: 'AA-rand', 'I3'. */
  id: string;
  model: string;
  /** What it asks. */
  title: string;
  verdict: 'ok' | 'warn' | 'fail' | 'n/a';
  /** In words; for 'n/a' why it was not measured. */
  measured: string;
  threshold: string;
  remedy: string;
}

export interface Finding {
  audit: string;
  title: string;
  /** One or two sentences a release manager can read. */
  summary: string;
  metrics: Metric[];
  details: Detail[];
  /** Of an audit that checks the attacks themselves; the gate attack-health rests on these. */
  checks?: HealthCheck[];
}
