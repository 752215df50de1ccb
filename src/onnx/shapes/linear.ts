/** Matrix products. */
import { numberAttribute } from '../attributes.ts';
import { describeDims, sameDim } from '../dim.ts';
import type { Dim } from '../graph.ts';
import { broadcast } from './elementwise.ts';
import type { ShapeQuery, ShapeRules } from './rule.ts';

function requireInner(query: ShapeQuery, left: readonly Dim[], right: readonly Dim[], a: Dim, b: Dim): void {
  if (sameDim(a, b) === false)
    throw query.problem(
      `a ${describeDims(left)} input cannot be multiplied with a ${describeDims(right)} weight (${a} against ${b})`,
    );
}

/** NumPy's matmul: a vector gains an axis for the product and loses it again. */
function product(query: ShapeQuery, left: readonly Dim[], right: readonly Dim[]): Dim[] {
  if (left.length === 0 || right.length === 0) throw query.problem('a single number cannot be matrix-multiplied');
  const rows = left.length === 1 ? [1, ...left] : left;
  const columns = right.length === 1 ? [...right, 1] : right;
  requireInner(query, left, right, rows[rows.length - 1], columns[columns.length - 2]);
  const batch = broadcast(query, [rows.slice(0, -2), columns.slice(0, -2)]);
  const height = left.length === 1 ? [] : [rows[rows.length - 2]];
  const width = right.length === 1 ? [] : [columns[columns.length - 1]];
  return [...batch, ...height, ...width];
}

export const products: ShapeRules = {
  MatMul: (query) => [{ type: query.input(0).type, dims: product(query, query.input(0).dims, query.input(1).dims) }],
  MatMulInteger: (query) => [{ type: 'int32', dims: product(query, query.input(0).dims, query.input(1).dims) }],
  QLinearMatMul: (query) => [
    { type: query.input(7).type, dims: product(query, query.input(0).dims, query.input(3).dims) },
  ],
  Gemm: (query) => {
    const [left, right] = [query.input(0), query.input(1)];
    for (const { dims } of [left, right])
      if (dims.length !== 2) throw query.problem(`it multiplies matrices, but an input is ${describeDims(dims)}`);
    const [rows, inner] = numberAttribute(query.node, 'transA', 0) ? left.dims.toReversed() : left.dims;
    const [innerRight, columns] = numberAttribute(query.node, 'transB', 0) ? right.dims.toReversed() : right.dims;
    requireInner(query, left.dims, right.dims, inner, innerRight);
    return [{ type: left.type, dims: [rows, columns] }];
  },
};
