/**
 * Sums over axes without `ReduceSum`, whose order of additions depends on where an example lies in its batch:
 * a global pool over the image, a 1×1 convolution over channels, a product with ones elsewhere. Their bits do not
 * depend on the batch.
 */

import { multiply, product } from '../dim.ts';
import type { Dim } from '../graph.ts';
import { filled } from './constants.ts';
import { axesFrom, fixed } from './dims.ts';
import type { Emitter } from './emitter.ts';

const same = (a: readonly number[], b: readonly number[]): boolean => a.join() === b.join();

/** The sum of a value over ascending axes, kept as size 1. */
export function sumOver(emit: Emitter, value: string, axes: readonly number[]): string {
  const dims = emit.dims(value);
  const rank = dims.length;
  const summed = axes.filter((axis) => dims[axis] !== 1);
  if (summed.length === 0) return value;
  const count = fixed([product(summed.map((axis) => dims[axis]))])[0];
  const result = dims.map((size, axis): Dim => (summed.includes(axis) ? 1 : size));
  if (rank > 2 && same(summed, axesFrom(2, rank)))
    return emit.op('Mul', [emit.op('GlobalAveragePool', [value], {}, result), emit.scalar(count)]);
  if (rank === 4 && same(summed, [1]))
    return emit.op('Conv', [value, emit.tensor(filled([1, count, 1, 1], 1))], {}, result);

  const kept = dims.map((_, axis) => axis).filter((axis) => !summed.includes(axis));
  const order = [...kept, ...summed];
  const keptDims = kept.map((axis) => dims[axis]);
  let rows = value;
  if (!same(order, axesFrom(0, rank)))
    rows = emit.op(
      'Transpose',
      [rows],
      { perm: order },
      order.map((axis) => dims[axis]),
    );
  rows = emit.reshape(rows, [product(keptDims), count]);
  const sums = emit.op('MatMul', [rows, emit.tensor(filled([count, 1], 1))], {}, [product(keptDims), 1]);
  return emit.reshape(sums, result);
}

/** The mean over ascending axes, kept as size 1. */
export function meanOver(emit: Emitter, value: string, axes: readonly number[]): string {
  const dims = emit.dims(value);
  const count = fixed([axes.map((axis) => dims[axis]).reduce(multiply, 1)])[0];
  if (dims.length > 2 && same(axes, axesFrom(2, dims.length)))
    return emit.op(
      'GlobalAveragePool',
      [value],
      {},
      dims.map((size, axis): Dim => (axis < 2 ? size : 1)),
    );
  return emit.op('Mul', [sumOver(emit, value, axes), emit.scalar(1 / count)]);
}
