/** What the record says of the evaluations: their names for people, their cost, and what had to be mended. */
import { evaluationId, type Series } from '../collect/series.ts';
import type { Evaluation, OutcomeRow } from '../plugin/outcome.ts';
import type { QueryCount } from '../plugin/questions.ts';
import type { RunRecord } from '../plugin/record.ts';
import { normName } from '../plugin/threat.ts';
import type { Outcomes, ProbeOutcomes } from './outcomes.ts';

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
        title: `${attack.title}${plan.surrogate === undefined ? '' : ` made on ${plan.surrogate}`}${goal === 'untargeted' ? '' : `, ${goal}`}, ${normName(plan.norm)} ${text}`,
        reference: attack.reference,
        norm: plan.norm,
        epsilon: value,
        epsilonText: text,
        ...(attack.budget === 'minimal-norm' && { budget: attack.budget }),
        goal,
        options: plan.options as Record<string, unknown>,
        // An attack made on a surrogate, or on other images, needs nothing of the model at the images it is judged on.
        access: plan.surrogate === undefined && attack.fit === undefined ? attack.access : 'none',
        ...(plan.surrogate !== undefined && { surrogate: plan.surrogate }),
        ...(attack.fit !== undefined && { fitted: true as const }),
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
        const once = [...madeOnce(rows), ...rows.map(({ queries }) => queries)];
        const total = (kind: keyof QueryCount) => once.reduce((sum, queries) => sum + queries[kind], 0);
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

/** What it cost to learn from data before any example, counted once for each half. */
function madeOnce(rows: readonly OutcomeRow[]): QueryCount[] {
  const own = rows.filter(({ carriedFrom }) => carriedFrom === undefined);
  return [...new Map(own.flatMap(({ madeOn }) => (madeOn ? [[madeOn.half, madeOn.queries] as const] : []))).values()];
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
