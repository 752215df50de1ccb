/** Collects outcomes as an audit does, on the engine, without a run directory. */
import { expect } from 'vitest';
import type { ModelPlan, SeriesPlan } from '../../src/config/plan.ts';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { runPool } from '../../src/engine/pool.ts';
import type { AttackDefinition, ImageShape } from '../../src/plugin/attack.ts';
import type { OutcomeRow } from '../../src/plugin/outcome.ts';
import type { ThreatName } from '../../src/plugin/threat.ts';

export interface Collection {
  model: ModelPlan;
  surrogates?: readonly ModelPlan[];
  dataset: Pick<Dataset, 'decode' | 'examples'>;
  shape: ImageShape;
  series: readonly SeriesPlan[];
  seed?: number;
  batchSize?: number;
  threads?: number;
  workers?: number;
}

/** One attack, untargeted; ε are numbers or fractions as people write them. */
export const seriesOf = (
  attack: AttackDefinition,
  norm: ThreatName,
  epsilons: readonly string[],
  options: object = {},
): SeriesPlan => ({
  id: `${attack.name}:${norm}`,
  attack: attack.name,
  norm,
  epsilons: epsilons.map((text) => {
    const [numerator, denominator = 1] = text.split('/').map(Number);
    return { text, value: numerator / denominator };
  }),
  target: 'untargeted',
  options: attack.options.parse(options),
});

/** Rows in the order in which they became known. */
export async function collected(collection: Collection): Promise<OutcomeRow[]> {
  const { dataset, seed = 0, batchSize = 64, threads = 1, workers = 1, ...rest } = collection;
  const rows: OutcomeRow[] = [];
  await runPool(
    {
      ...rest,
      pluginFiles: [],
      seed,
      decode: dataset.decode,
      examples: dataset.examples.map(({ id, label, file }) => ({ id, label, file, done: [] })),
      counter: new SharedArrayBuffer(4),
      threads,
      batchSize,
    },
    workers,
    {
      emit: (portion) => rows.push(...portion.rows),
      failed: (example) => expect.fail(`not a number: ${example}`),
    },
  );
  return rows;
}

/** Examples that stand at one evaluation. */
export const standing = (rows: readonly OutcomeRow[], evaluation: string): Set<string> =>
  new Set(rows.filter((row) => row.evaluation === evaluation && !row.success).map(({ example }) => example));
