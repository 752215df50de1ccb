/** Compares findings with what the rules ask. A verdict is reached once, here; everything else repeats it. */
import type { GateResult } from '../plugin/record.ts';
import type { Given, Judgement } from './judgement.ts';
import { type GateRule, idOf, metricOf, textOf } from './rule.ts';
import { judgeAttackHealth } from './rules/attack-health.ts';
import { judgeLimit } from './rules/limit.ts';
import { judgeMaxDrop } from './rules/max-drop.ts';
import { judgeSubgroupGap } from './rules/subgroup-gap.ts';
import { judgeWorstSubgroup } from './rules/worst-subgroup.ts';

/** A result before it is known what follows from it. */
export type Judged = Omit<GateResult, 'effect' | 'accepted'> & Pick<Judgement, 'warnsAtMost' | 'final'>;

function judgeRule(rule: GateRule, model: string, given: Given): Judgement {
  switch (rule.kind) {
    case 'floor':
    case 'ceiling':
      return judgeLimit(rule, model, given);
    case 'max-drop':
      return judgeMaxDrop(rule, model, given);
    case 'worst-subgroup':
      return judgeWorstSubgroup(rule, model, given);
    case 'subgroup-gap':
      return judgeSubgroupGap(rule, model, given);
    case 'attack-health':
      return judgeAttackHealth(rule, model, given);
  }
}

/**
 * Judges every rule that is not off for every model it binds, in the order of rules and models. What is undefined is inconclusive; what is
 * missing or broken is an error; neither ever passes.
 */
export function judge(rules: readonly GateRule[], given: Given): Judged[] {
  return rules.flatMap((rule) => {
    const { kind, level, models = given.models, source } = rule;
    if (level === 'off') return [];
    const metric = metricOf(rule);
    return models.map(
      (model): Judged => ({
        id: idOf(rule),
        rule: textOf(rule),
        kind,
        level,
        ...(metric !== undefined && { metric }),
        model,
        ...judgeRule(rule, model, given),
        ...(source && { source }),
      }),
    );
  });
}
