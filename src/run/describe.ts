/** What the record says of the evaluations: their names for people, their cost, and what had to be mended. */
import { evaluationId, type Series } from '../collect/series.ts';
import type { Evaluation } from '../plugin/outcome.ts';
import type { QueryCount } from '../plugin/questions.ts';
import type { RunRecord } from '../plugin/record.ts';
import type { ThreatName } from '../plugin/threat.ts';
import type { Outcomes, ProbeOutcomes } from './outcomes.ts';

const normSymbols: Record<ThreatName, string> = {
  linf: 'L∞',
  l2: 'L2',
  l1: 'L1',
  l0: 'L0',
  'rotation-translation': 'rotation–translation',
};

/** 'clean', then each attack at each ε. */
export function evaluationsOf(series: readonly Series[], classes: readonly string[]): Evaluation[] {
  return [{ id: 'clean', attack: 'clean', title: 'Clean images' }, ...attackEvaluations(series, classes)];
}

/** Each attack at each ε. */
export function attackEvaluations(series: readonly Series[], classes: readonly string[]): Evaluation[] {
  return series.flatMap(({ plan, attack }) =>
    plan.epsilons.map(({ text, value }): Evaluation => {
      const { target } = plan;
      const goal =
        typeof target === 'object' ? `target ${classes[target.class]}` : target === 'all' ? 'all targets' : target;
      return {
        id: evaluationId(plan, text),
        attack: plan.attack,
        title: `${attack.title}${plan.surrogate === undefined ? '' : ` made on ${plan.surrogate}`}${goal === 'untargeted' ? '' : `, ${goal}`}, ${normSymbols[plan.norm]} ${text}`,
        reference: attack.reference,
        norm: plan.norm,
        epsilon: value,
        epsilonText: text,
        ...(attack.budget === 'minimal-norm' && { budget: attack.budget }),
        goal,
        options: plan.options as Record<string, unknown>,
        // An attack made on a surrogate needs nothing of the model it is judged on.
        ...(plan.surrogate === undefined ? { access: attack.access } : { surrogate: plan.surrogate, access: 'none' }),
      };
    }),
  );
}

/** Queries by model and evaluation; an ε of a sweep counts only what it added. */
export function queryTotals(outcomes: Outcomes, probes: ProbeOutcomes): RunRecord['queries'] {
  return [...outcomes].flatMap(([model, evaluations]) =>
    [...evaluations, ...(probes.get(model) ?? [])]
      .map(([evaluation, rows]) => [evaluation, rows.filter((row) => row !== undefined)] as const)
      .filter(([evaluation, rows]) => evaluation !== 'clean' && rows.length > 0)
      .map(([evaluation, rows]) => {
        const total = (kind: keyof QueryCount) => rows.reduce((sum, { queries }) => sum + queries[kind], 0);
        return {
          model,
          evaluation,
          examples: rows.length,
          gradient: total('gradient'),
          score: total('score'),
          decision: total('decision'),
        };
      }),
  );
}

/** A line for each evaluation whose attack left its threat and had to be brought back. */
export function repairNotes(outcomes: Outcomes): string[] {
  return [...outcomes].flatMap(([model, evaluations]) =>
    [...evaluations].flatMap(([evaluation, rows]) => {
      const repaired = rows.filter((row) => row.violation !== undefined && row.carriedFrom === undefined);
      if (repaired.length === 0) return [];
      const furthest = Math.max(...repaired.map((row) => row.violation as number));
      return [
        `${evaluation} on ${model}: ${repaired.length} points left the threat and were projected back before judging (moved by at most ${furthest.toPrecision(3)}).`,
      ];
    }),
  );
}
