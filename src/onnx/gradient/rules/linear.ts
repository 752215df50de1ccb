/** Products with matrices. A constant matrix is used as it stands in the file where a transposition flag allows it. */
import { numberAttribute } from '../../attributes.ts';
import { transposeMatrix } from '../constants.ts';
import { broadcast } from '../dims.ts';
import type { Rule, VjpContext } from '../rule.ts';
import { defineRule } from '../rule.ts';

/** A value with its last two axes exchanged. */
function transposed({ emit, constant, dims }: VjpContext, value: string): string {
  const matrix = constant(value);
  if (matrix) return emit.tensor(transposeMatrix(matrix));
  const shape = dims(value);
  const last = shape.length - 1;
  const perm = shape.map((_, axis) => (axis < last - 1 ? axis : 2 * last - 1 - axis));
  return emit.op(
    'Transpose',
    [value],
    { perm },
    perm.map((axis) => shape[axis]),
  );
}

/** The matrix product, batch axes broadcast. */
function matmul({ emit }: VjpContext, a: string, b: string): string {
  const [left, right] = [emit.dims(a), emit.dims(b)];
  const batch = broadcast([left.slice(0, -2), right.slice(0, -2)]);
  return emit.op('MatMul', [a, b], {}, [...batch, left[left.length - 2], right[right.length - 1]]);
}

export const linear: Rule[] = [
  defineRule({
    op: 'Gemm',
    since: [13],
    vjp: ({ emit, node, dims, cotangent }) => {
      const [a, b] = node.inputs;
      const transA = numberAttribute(node, 'transA', 0);
      const transB = numberAttribute(node, 'transB', 0);
      const alpha = numberAttribute(node, 'alpha', 1);
      // y = αA′B′: dA′ = α·g·B′ᵀ and dB′ = α·A′ᵀ·g, each transposed in turn where A or B is.
      return [
        () =>
          transA
            ? emit.op('Gemm', [b, cotangent()], { alpha, transA: transB, transB: 1 }, dims(a))
            : emit.op('Gemm', [cotangent(), b], { alpha, transA: 0, transB: 1 - transB }, dims(a)),
        () =>
          transB
            ? emit.op('Gemm', [cotangent(), a], { alpha, transA: 1, transB: transA }, dims(b))
            : emit.op('Gemm', [a, cotangent()], { alpha, transA: 1 - transA, transB: 0 }, dims(b)),
        () => emit.op('Mul', [cotangent(), emit.scalar(numberAttribute(node, 'beta', 1))]),
      ];
    },
  }),
  defineRule({
    op: 'MatMul',
    since: [13],
    refuses: ({ node, dims }) =>
      node.inputs.some((name) => dims(name).length < 2) ? 'one of its operands is a vector' : undefined,
    vjp: (context) => {
      const [a, b] = context.node.inputs;
      return [
        () => matmul(context, context.cotangent(), transposed(context, b)),
        () => matmul(context, transposed(context, a), context.cotangent()),
      ];
    },
  }),
];
