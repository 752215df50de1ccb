/**
 * Fixed linear maps along one axis (interpolation, reflection, reading by constant indices) and their adjoints, as a
 * product with a constant matrix.
 */
import type { Dim } from '../graph.ts';
import { tensor } from '../graph.ts';
import { transposeMatrix } from './constants.ts';
import type { Emitter } from './emitter.ts';

/** Row per output place: its weights over the input places. */
export type AxisMap = number[][];

/** The map that reads the given places. */
export const reading = (places: readonly number[], size: number): AxisMap =>
  places.map((place) => Array.from({ length: size }, (_, at) => (at === place ? 1 : 0)));

export const isIdentity = (map: AxisMap): boolean =>
  map.length === map[0].length &&
  map.every((row, place) => row.every((weight, at) => weight === (at === place ? 1 : 0)));

/** Mapᵀ applied to a cotangent along an axis. */
export function pullAlong(emit: Emitter, cotangent: string, axis: number, map: AxisMap): string {
  if (isIdentity(map)) return cotangent;
  const [outputs, inputs] = [map.length, map[0].length];
  const matrix = tensor.float32([outputs, inputs], map.flat());
  const dims = emit.dims(cotangent);
  const resized = (shape: readonly Dim[], at: number) => shape.with(at, inputs);
  const last = dims.length - 1;
  if (axis === last) return emit.op('MatMul', [cotangent, emit.tensor(matrix)], {}, resized(dims, last));
  if (axis === last - 1)
    return emit.op('MatMul', [emit.tensor(transposeMatrix(matrix)), cotangent], {}, resized(dims, axis));
  const perm = dims.map((_, place) => place);
  [perm[axis], perm[last]] = [last, axis];
  const turned = perm.map((place) => dims[place]);
  const moved = emit.op('Transpose', [cotangent], { perm }, turned);
  const mapped = emit.op('MatMul', [moved, emit.tensor(matrix)], {}, resized(turned, last));
  return emit.op('Transpose', [mapped], { perm }, resized(dims, axis));
}
