/** Settling gates while examples still come: for which rules that can be done, and what each gate was settled by. */
import type { DeclaredMetric } from '../plugin/audit.ts';
import { type Judged, judge } from './judge.ts';
import type { Given } from './judgement.ts';
import { type GateRule, idOf } from './rule.ts';

/** Cases that a rule's metric will be over, which its confidence sequence is planned for; or why it has none. */
function horizonOf(rule: GateRule, declared: readonly DeclaredMetric[]): number | string {
  if (rule.kind !== 'floor' && rule.kind !== 'ceiling') return 'no test is known here that allows for looking early';
  if (rule.by === 'point') return 'a point estimate is judged once, over all examples';
  const { unit, total } = declared.find(({ id }) => id === rule.metric) ?? {};
  return unit === 'proportion' && total !== undefined
    ? total
    : 'its metric is no proportion of examples that are known beforehand';
}

/**
 * @param rules that are judged
 * @param declared what the run's audits will measure
 * @returns how many cases each rule's metric will be over, by its id; and the rules that only all examples settle, each with the reason
 */
export function horizonsOf(
  rules: readonly GateRule[],
  declared: readonly DeclaredMetric[],
): { planned: Map<string, number>; unsettleable: string[] } {
  const planned = new Map<string, number>();
  const unsettleable: string[] = [];
  for (const rule of rules) {
    const horizon = horizonOf(rule, declared);
    if (typeof horizon === 'string') unsettleable.push(`${idOf(rule)} (${horizon})`);
    else if ('metric' in rule) planned.set(rule.metric, horizon);
  }
  return { planned, unsettleable };
}

/** Gates that are settled, with the judgement that settled each, by gate and model. */
export type Settled = Map<string, Judged>;

const keyOf = ({ id, model }: Judged) => JSON.stringify([id, model]);

/**
 * Judges what is still open. A gate that passes or fails is settled for good: judged again later it would err more often than it says.
 *
 * @param settled is added to
 * @returns for every gate the judgement that settled it, or the present one
 */
export function settle(rules: readonly GateRule[], given: Given, settled: Settled): Judged[] {
  return judge(rules, given).map((judged) => {
    const before = settled.get(keyOf(judged));
    if (before !== undefined) return before;
    if (judged.verdict === 'pass' || judged.verdict === 'fail') settled.set(keyOf(judged), judged);
    return judged;
  });
}
