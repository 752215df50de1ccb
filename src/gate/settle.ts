/** Settling gates while examples still come: for which rules that can be done, and what each gate was settled by. */
import type { DeclaredMetric } from '../plugin/audit.ts';
import { type Judged, judge } from './judge.ts';
import type { Given, Horizon } from './judgement.ts';
import { type GateRule, idOf } from './rule.ts';
import { isWithin } from './subgroups.ts';

/** What is known of a run before its first attack. */
export interface Prospect {
  /** What its audits will measure. */
  declared: readonly DeclaredMetric[];
  examples: number;
  /** Whether there is something to compare with. */
  hasBaseline: boolean;
}

type Horizons = ReadonlyMap<string, Horizon>;

function horizonsWithin(metrics: readonly DeclaredMetric[]): Horizons | undefined {
  const known = metrics.flatMap(({ id, unit, total, group }) =>
    unit === 'proportion' && total !== undefined ? [[id, { total, ...(group && { group }) }] as const] : [],
  );
  return known.length === 0 || known.length < metrics.length ? undefined : new Map(known);
}

/** Cases that a rule's metrics will be over, which its test is planned for; or why it has none that allows for looking early. */
function horizonsOfRule(rule: GateRule, { declared, examples, hasBaseline }: Prospect): Horizons | string {
  switch (rule.kind) {
    case 'floor':
    case 'ceiling':
      if (rule.by === 'point') return 'a point estimate is judged once, over all examples';
      return (
        horizonsWithin(declared.filter(({ id }) => id === rule.metric)) ??
        'its metric is no proportion of examples that are known beforehand'
      );
    case 'max-drop':
      return hasBaseline
        ? new Map([[rule.metric, { total: examples }]])
        : 'there is no baseline yet, and only a run of all examples can become one';
    case 'worst-subgroup':
    case 'subgroup-gap':
      return (
        horizonsWithin(declared.filter((one) => isWithin(one, rule.metric, rule.columns))) ??
        'its metric within subgroups is no proportion of examples that are known beforehand'
      );
    case 'attack-health':
      return new Map();
  }
}

/** Whether a run goes on for a rule. The attacks' health has no error rate to keep: it is judged on whatever was attacked. */
export const isWaitedFor = ({ kind }: GateRule): boolean => kind !== 'attack-health';

/**
 * @param rules that are judged
 * @returns what each metric will be over, by its id; and the rules that only all examples settle, each with the reason, by its id
 */
export function horizonsOf(
  rules: readonly GateRule[],
  prospect: Prospect,
): { planned: Map<string, Horizon>; unsettleable: Map<string, string> } {
  const planned = new Map<string, Horizon>();
  const unsettleable = new Map<string, string>();
  for (const rule of rules) {
    const horizons = horizonsOfRule(rule, prospect);
    if (typeof horizons === 'string') unsettleable.set(idOf(rule), horizons);
    else for (const [id, horizon] of horizons) planned.set(id, horizon);
  }
  return { planned, unsettleable };
}

/** Gates that are settled, with the judgement that settled each, by gate and model. */
export type Settled = Map<string, Judged>;

export const keyOf = ({ id, model }: Pick<Judged, 'id' | 'model'>) => JSON.stringify([id, model]);

/**
 * Judges what is still open. A gate that passes or fails is settled for good: judged again later it would err more often than it says. So is
 * one of which no example to come can change anything.
 *
 * @param settled is added to
 * @returns for every gate the judgement that settled it, or the present one
 */
export function settle(rules: readonly GateRule[], given: Given, settled: Settled): Judged[] {
  return judge(rules, given).map((judged) => {
    const before = settled.get(keyOf(judged));
    if (before !== undefined) return before;
    if (judged.verdict === 'pass' || judged.verdict === 'fail' || judged.final) settled.set(keyOf(judged), judged);
    return judged;
  });
}
