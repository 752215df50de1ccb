/** Outcomes in their final order: by model, example and evaluation, whatever order they were computed in. */
import type { Portion } from '../collect/examine.ts';
import type { Journal } from '../collect/journal.ts';
import { evaluationId, seriesOn } from '../collect/series.ts';
import type { SeriesPlan } from '../config/plan.ts';
import { type ExampleRow, MODEL_PROBE, type OutcomeRow } from '../plugin/outcome.ts';

/** Rows of each model and evaluation, in the order of the examples. */
export type Outcomes = Map<string, Map<string, OutcomeRow[]>>;

/** Every row of a finished journal. */
export function gatherOutcomes(
  journal: Journal,
  models: readonly { name: string }[],
  series: readonly SeriesPlan[],
  examples: readonly ExampleRow[],
): Outcomes {
  const rowsOf = (model: string, part: string, position: number) =>
    examples.map(({ id }) => {
      const row = journal.find(model, id, part)?.rows[position];
      if (row === undefined) throw new Error(`internal: no outcome of ${part} for ${id} on ${model}`);
      return row;
    });
  return new Map(
    models.map(({ name }) => [
      name,
      new Map([
        ['clean', rowsOf(name, 'clean', 0)],
        ...seriesOn(name, series)
          .filter(isFull)
          .flatMap((plan) =>
            plan.epsilons.map(({ text }, i): [string, OutcomeRow[]] => [
              evaluationId(plan, text),
              rowsOf(name, plan.id, i),
            ]),
          ),
      ]),
    ]),
  );
}

/** What was asked on a part of the examples: the model probe and the audits' own series. Sparse, in the order of the examples. */
export type ProbeOutcomes = Map<string, Map<string, (OutcomeRow | undefined)[]>>;

/** A series over every example, as the user asks for it. */
export const isFull = (plan: SeriesPlan): boolean => plan.subsample === undefined;

export function gatherProbes(
  journal: Journal,
  models: readonly { name: string }[],
  series: readonly SeriesPlan[],
  examples: readonly ExampleRow[],
): ProbeOutcomes {
  const partial = series.filter((plan) => !isFull(plan));
  return new Map(
    models.map(({ name }) => {
      const rowsOf = (part: string, position: number) =>
        examples.map(({ id }) => journal.find(name, id, part)?.rows[position]);
      const evaluations = seriesOn(name, partial).flatMap((plan) =>
        plan.epsilons.map(({ text }, i) => [evaluationId(plan, text), rowsOf(plan.id, i)] as const),
      );
      return [name, new Map([[MODEL_PROBE, rowsOf(MODEL_PROBE, 0)], ...evaluations])];
    }),
  );
}

/** `outcomes.ndjson`: one line a row. */
export function outcomeLines(outcomes: Outcomes, probes: ProbeOutcomes, examples: readonly ExampleRow[]): string {
  const lines: string[] = [];
  for (const [model, evaluations] of outcomes) {
    const columns = [...evaluations.values(), ...(probes.get(model)?.values() ?? [])];
    for (let i = 0; i < examples.length; i++) {
      for (const { [i]: row } of columns)
        if (row !== undefined) lines.push(JSON.stringify({ schemaVersion: 1, ...row }));
    }
  }
  return ndjson(lines);
}

/** `examples.ndjson`: one line an example. */
export function exampleLines(examples: readonly ExampleRow[]): string {
  return ndjson(examples.map(({ id, label, groups }) => JSON.stringify({ schemaVersion: 1, id, label, groups })));
}

const ndjson = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** The portions of a run that had already finished, whose journal is gone; its rows in the order of `outcomes.ndjson`. */
export function* portionsOf(
  outcomes: readonly OutcomeRow[],
  series: readonly SeriesPlan[],
): Generator<[model: string, Portion]> {
  const partOf = new Map(
    series.flatMap((plan) => plan.epsilons.map(({ text }) => [evaluationId(plan, text), plan.id])),
  );
  const portions = new Map<string, [string, Portion]>();
  for (const row of outcomes) {
    const part = partOf.get(row.evaluation) ?? row.evaluation;
    const key = JSON.stringify([row.model, row.example, part]);
    const [, portion] = portions.get(key) ?? [row.model, { example: row.example, part, rows: [] }];
    portion.rows.push(row);
    portions.set(key, [row.model, portion]);
  }
  yield* portions.values();
}
