/** What gates ask: one type a kind of rule, as the config resolves them. How each is judged stands in `rules/`. */
import type { GateLevel, GateResult } from '../plugin/record.ts';

interface Common {
  level: GateLevel | 'off';
  /** Names of the models it binds; absent: all. */
  models?: readonly string[];
  /** Where the config declares it. */
  source?: NonNullable<GateResult['source']>;
}

/** A limit on one metric. */
export interface LimitRule extends Common {
  kind: 'floor' | 'ceiling';
  /** A metric's id: 'robust-accuracy@pgd:linf:8/255'. */
  metric: string;
  /** The least or the most that holds. */
  threshold: number;
  /** 'bound': the confidence interval must lie on the right side; 'point': the estimate alone. */
  by: 'bound' | 'point';
}

/** A limit on how far an accuracy may fall behind the baseline, on the same examples. */
export interface MaxDropRule extends Common {
  kind: 'max-drop';
  /** 'clean-accuracy' or 'robust-accuracy@…'. */
  metric: string;
  /** The largest drop that is no regression, in [0, 1). */
  margin: number;
  /** Of the one-sided exact McNemar test. */
  alpha: number;
}

/** A limit that every subgroup must keep. */
export interface WorstSubgroupRule extends Common {
  kind: 'worst-subgroup';
  /** The metric over everyone, whose subgroups are judged. */
  metric: string;
  /** One column, or several for their intersections. */
  columns: readonly string[];
  side: 'floor' | 'ceiling';
  threshold: number;
  /** A subgroup with fewer cases is not judged, and said not to be. */
  minimum: number;
}

/** A limit on the difference between any two subgroups. */
export interface SubgroupGapRule extends Common {
  kind: 'subgroup-gap';
  metric: string;
  columns: readonly string[];
  /** The largest difference that is immaterial, in [0, 1). */
  tolerance: number;
  alpha: number;
  minimum: number;
}

/** No check of the evaluation itself may fail. */
export interface AttackHealthRule extends Common {
  kind: 'attack-health';
}

export type GateRule = LimitRule | MaxDropRule | WorstSubgroupRule | SubgroupGapRule | AttackHealthRule;

export const defaultAlpha = 0.05;
export const defaultMargin = 0.01;
/** Fewer cases than this bound no rate to better than about ±20 points. */
export const defaultMinimum = 20;
/** Of intervals; each limit on its own is a one-sided bound of confidence .975. */
export const confidence = 0.95;

/** What an audit must measure for the rule to be judged; undefined where it rests on no metric. */
export const metricOf = (rule: GateRule): string | undefined => ('metric' in rule ? rule.metric : undefined);

const by = ({ columns }: { columns: readonly string[] }) => `by ${columns.join(' × ')}`;

/** Stable name without limits: a result's `id`. */
export function idOf(rule: GateRule): string {
  switch (rule.kind) {
    case 'floor':
    case 'ceiling':
    case 'max-drop':
      return `${rule.kind} ${rule.metric}`;
    case 'worst-subgroup':
    case 'subgroup-gap':
      return `${rule.kind} ${rule.metric} ${by(rule)}`;
    case 'attack-health':
      return rule.kind;
  }
}

/** As a reader says it, with its limit. */
export function textOf(rule: GateRule): string {
  switch (rule.kind) {
    case 'floor':
    case 'ceiling':
      return `${rule.metric} ${rule.kind === 'floor' ? '≥' : '≤'} ${rule.threshold}`;
    case 'max-drop':
      return `drop of ${rule.metric} ≤ ${rule.margin}`;
    case 'worst-subgroup':
      return `${rule.metric} ${by(rule)}: every subgroup ${rule.side === 'floor' ? '≥' : '≤'} ${rule.threshold}`;
    case 'subgroup-gap':
      return `gap of ${rule.metric} ${by(rule)} ≤ ${rule.tolerance}`;
    case 'attack-health':
      return 'no health check of the evaluation fails';
  }
}
