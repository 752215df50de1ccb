/** What a rule is judged on, and what it says: the interface between `rules/` and what weighs their verdicts. */
import { didYouMean } from '../config/suggest.ts';
import type { DeclaredMetric } from '../plugin/audit.ts';
import type { Finding, Metric } from '../plugin/finding.ts';
import type { Change, GateResult, Verdict } from '../plugin/record.ts';

/** Everything that a rule may look at. */
export interface Given {
  findings: readonly Finding[];
  models: readonly string[];
  /** Beside the baseline; absent: there is none. */
  changes?: readonly Change[] | undefined;
  /** Models whose file is the baseline's own. */
  unchanged?: readonly string[] | undefined;
  /** Those of them whose preprocessing is the baseline's too, so that no outcome can differ. */
  identical?: readonly string[] | undefined;
  /** What a rule that needs a baseline does without one. */
  missingBaseline?: 'warn' | 'error' | undefined;
  /** Set where gates are judged while examples still come: what each metric will be over, by its id. Tests then allow for looking at any moment. */
  planned?: ReadonlyMap<string, Horizon> | undefined;
}

/** How many cases a metric will be over in the end, and among whom. */
export type Horizon = Required<Pick<DeclaredMetric, 'total'>> & Pick<DeclaredMetric, 'group'>;

/** What one rule says of one model. */
export interface Judgement
  extends Pick<
    GateResult,
    | 'verdict'
    | 'why'
    | 'fix'
    | 'measured'
    | 'low'
    | 'high'
    | 'total'
    | 'planned'
    | 'method'
    | 'evidence'
    | 'threshold'
    | 'required'
  > {
  unit: GateResult['unit'];
  by: GateResult['by'];
  /** It never blocks, whatever its level: the config says so for this case. */
  warnsAtMost?: true;
  /** No example that is still to come can change it. A pass or a failure is final without saying so. */
  final?: true;
}

/** The part of a judgement that the rule's limit does not say. */
export type Told = Omit<Judgement, 'threshold' | 'required' | 'unit' | 'by'>;

/** The part of a judgement that could not be reached. */
export const without = (verdict: Verdict, why: string, fix?: string) => ({
  verdict,
  why,
  ...(fix !== undefined && { fix }),
  measured: null,
  method: 'none',
});

export const allMetrics = ({ findings }: Given): Metric[] => findings.flatMap(({ metrics }) => metrics);

/** Why a metric cannot be judged for a model, when it is not there exactly once. */
export function absence(id: string, model: string, metrics: readonly Metric[]): string {
  const ofModel = metrics.filter((metric) => metric.model === model);
  const found = ofModel.filter((metric) => metric.id === id).length;
  if (found > 1) return `${found} metrics of this model carry this id, so that it is not clear which one is meant.`;
  if (metrics.some((metric) => metric.id === id)) return `It was measured for another model, but not for ${model}.`;
  return `No audit measured it.${didYouMean(
    id,
    ofModel.map((metric) => metric.id),
  )}`;
}
