/** Which examples are trained on and which are held out, and the order of each epoch. */
import type { ExampleRow } from '../plugin/outcome.ts';
import { createRandom } from '../random.ts';

/** Indices in a random order that the key alone decides (Fisher and Yates). */
export function shuffled(indices: readonly number[], ...key: readonly (string | number)[]): number[] {
  const random = createRandom(...key);
  const order = [...indices];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

export interface Split {
  /** Indices of examples, ascending. */
  training: number[];
  heldOut: number[];
}

/** Holds out the same share of every class, at least one example of each that has two or more. */
export function split(examples: readonly Pick<ExampleRow, 'label'>[], share: number, seed: number): Split {
  const byClass = new Map<number, number[]>();
  for (const [index, { label }] of examples.entries()) byClass.set(label, [...(byClass.get(label) ?? []), index]);
  const heldOut = [...byClass].flatMap(([label, indices]) => {
    const count = indices.length < 2 ? 0 : Math.max(1, Math.round(share * indices.length));
    return shuffled(indices, seed, 'held out', label).slice(0, count);
  });
  const held = new Set(heldOut);
  return {
    training: examples.flatMap((_, index) => (held.has(index) ? [] : [index])),
    heldOut: heldOut.toSorted((a, b) => a - b),
  };
}

/** The whole batches of one epoch; the examples that are left over differ from epoch to epoch. */
export function batchesOf(training: readonly number[], size: number, epoch: number, seed: number): number[][] {
  const order = shuffled(training, seed, 'order', epoch);
  return Array.from({ length: Math.floor(order.length / size) }, (_, batch) =>
    order.slice(batch * size, (batch + 1) * size),
  );
}
