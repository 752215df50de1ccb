/** What attacks learn from one half of the data for the other: made when first needed, kept for the run, never stored. */
import type { Fitted } from '../collect/fit.ts';
import { type Half, halvesOf } from '../collect/halves.ts';
import { evaluationId } from '../collect/series.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { type CollectTask, runFit } from '../engine/task.ts';
import { createRandom } from '../random.ts';

/** Examples that an attack learns from at most: they are in memory all at once. */
const MOST = 1000;

/** Completes a task with what its attacks learn, as far as its examples still need it. */
export type Fits = (task: CollectTask, threads: number, signal?: AbortSignal) => Promise<CollectTask>;

/**
 * @param tell hears of each evaluation that something is made for
 * @throws InputError (from the result) when there are too few images to learn from
 */
export function fitsOf(dataset: Dataset, seed: number, tell: (text: string) => void): Fits {
  const known = new Map<string, Fitted>();
  return async (task, threads, signal) => {
    const series = task.series.filter(
      ({ learns, id }) => learns && task.examples.some(({ done }) => !done.includes(id)),
    );
    if (series.length === 0) return task;
    const halves = halvesOf(dataset.examples, seed);
    const examples = task.examples.map((example) => ({ ...example, half: halves.get(example.id) }));
    const learnt = (half: Half) =>
      dataset.examples
        .filter(({ id }) => halves.get(id) === half)
        .map((example) => ({ ...example, order: createRandom(seed, example.id, 'fit').uniform() }))
        .toSorted((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1))
        .slice(0, MOST);
    const fitted: Fitted[] = [];
    for (const one of series) {
      for (const epsilon of one.epsilons) {
        for (const half of [1, 2] as const) {
          if (!examples.some((example) => example.half !== half && !example.done.includes(one.id))) continue;
          const learntOn = one.surrogate ?? task.model.name;
          const evaluation = evaluationId(one, epsilon.text);
          const key = JSON.stringify([learntOn, evaluation, half]);
          let made = known.get(key);
          if (made === undefined) {
            tell(`making ${evaluation} on ${learntOn}, half ${half} of the images`);
            const request = { series: one, epsilon, half };
            made = await runFit({ ...task, request, examples: learnt(half), threads }, signal);
            known.set(key, made);
          }
          fitted.push(made);
        }
      }
    }
    return { ...task, examples, fitted };
  };
}
