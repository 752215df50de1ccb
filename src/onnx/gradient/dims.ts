/** Arithmetic on shapes whose sizes may be symbolic. */
import type { Dim } from '../graph.ts';

/** The shape of an element-wise operator over these shapes (numpy's broadcasting, as in ONNX). */
export function broadcast(shapes: readonly (readonly Dim[])[]): Dim[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let size: Dim = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own !== 1) size = own;
    }
    return size;
  });
}

/** A shape brought to a higher rank by leading ones. */
export const toRank = (dims: readonly Dim[], rank: number): Dim[] => [
  ...Array<Dim>(rank - dims.length).fill(1),
  ...dims,
];

export const sameDims = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

export const isFixed = (dims: readonly Dim[]): dims is number[] => dims.every((size) => typeof size === 'number');

/** Sizes that a rule has already made sure are fixed. */
export function fixed(dims: readonly Dim[]): number[] {
  if (!isFixed(dims)) throw new Error(`expected fixed sizes, got [${dims.join(', ')}]`);
  return dims;
}

/** All axes from the given one to the last. */
export const axesFrom = (first: number, rank: number): number[] =>
  Array.from({ length: Math.max(0, rank - first) }, (_, index) => first + index);
