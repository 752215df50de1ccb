/** Arithmetic with broadcasting. Cotangents come in the output's shape; they are summed back where they accumulate. */
import type { Rule } from '../rule.ts';
import { defineRule } from '../rule.ts';

export const arithmetic: Rule[] = [
  defineRule({
    op: 'Add',
    since: [14],
    broadcasts: true,
    vjp: ({ looseCotangent }) => [() => looseCotangent(), () => looseCotangent()],
  }),
  defineRule({
    op: 'Sub',
    since: [14],
    broadcasts: true,
    vjp: ({ emit, looseCotangent }) => [() => looseCotangent(), () => emit.op('Neg', [looseCotangent()])],
  }),
  defineRule({
    op: 'Mul',
    since: [14],
    broadcasts: true,
    vjp: ({ emit, node: { inputs }, looseCotangent }) => [
      () => emit.op('Mul', [looseCotangent(), inputs[1]]),
      () => emit.op('Mul', [looseCotangent(), inputs[0]]),
    ],
  }),
  defineRule({
    op: 'Div',
    since: [14],
    broadcasts: true,
    vjp: ({ emit, node: { inputs, outputs }, looseCotangent }) => [
      () => emit.op('Div', [looseCotangent(), inputs[1]]),
      // d(a/b)/db = −(a/b)/b
      () => emit.op('Neg', [emit.op('Mul', [looseCotangent(), emit.op('Div', [outputs[0], inputs[1]])])]),
    ],
  }),
  defineRule({
    op: 'Neg',
    since: [13],
    vjp: ({ emit, looseCotangent }) => [() => emit.op('Neg', [looseCotangent()])],
  }),
  defineRule({
    op: 'Sum',
    since: [13],
    broadcasts: true,
    vjp: ({ node, looseCotangent }) => node.inputs.map(() => () => looseCotangent()),
  }),
  defineRule({
    op: 'Mean',
    since: [13],
    broadcasts: true,
    vjp: ({ emit, node, looseCotangent }) =>
      node.inputs.map(() => () => emit.op('Mul', [looseCotangent(), emit.scalar(1 / node.inputs.length)])),
  }),
  defineRule({
    op: 'Pow',
    since: [13, 15],
    wrt: [0],
    broadcasts: true,
    refuses: ({ node, constant }) =>
      constant(node.inputs[1])?.type === 'float32' ? undefined : 'its exponent is not a float32 constant',
    vjp: ({ emit, node: { inputs }, looseCotangent }) => [
      () => {
        // d(xᵖ)/dx = p·xᵖ⁻¹
        const power = emit.op('Pow', [inputs[0], emit.op('Sub', [inputs[1], emit.scalar(1)])]);
        return emit.op('Mul', [looseCotangent(), emit.op('Mul', [inputs[1], power])]);
      },
    ],
  }),
];
