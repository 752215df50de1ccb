/**
 * Which parts of the run each example takes part in. A probe meets a seeded part of the examples: the same for every model, and
 * a smaller part lies inside a larger one, so that probes can be compared with each other.
 */
import type { SeriesPlan } from '../config/plan.ts';
import { MODEL_PROBE } from '../plugin/outcome.ts';
import { createRandom } from '../random.ts';

export interface Parts {
  /** Every part there is. */
  all: string[];
  wanted: (example: string) => string[];
}

/** Ids in the run's seeded order. A part of the first so many ids of a data set is the same part of these ids alone. */
export const seededOrder = (examples: readonly { id: string }[], seed: number): string[] =>
  examples
    .map(({ id }) => ({ id, order: createRandom(seed, id, 'subsample').uniform() }))
    .toSorted((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);

export function partsFor(plan: {
  series: readonly SeriesPlan[];
  modelProbe?: { examples: number } | undefined;
  dataset: { examples: readonly { id: string }[] };
  seed: number;
}): Parts {
  const sizes = new Map<string, number>([['clean', Number.POSITIVE_INFINITY]]);
  for (const { id, subsample } of plan.series) sizes.set(id, subsample ?? Number.POSITIVE_INFINITY);
  if (plan.modelProbe !== undefined) sizes.set(MODEL_PROBE, plan.modelProbe.examples);
  const places = new Map(seededOrder(plan.dataset.examples, plan.seed).map((id, place) => [id, place]));
  return {
    all: [...sizes.keys()],
    wanted: (example) => [...sizes].filter(([, size]) => (places.get(example) ?? size) < size).map(([part]) => part),
  };
}
