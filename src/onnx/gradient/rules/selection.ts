/** Choosing between values, and operators whose result is not differentiated because it only selects: conditions and shapes. */
import { numberAttribute } from '../../attributes.ts';
import type { Rule } from '../rule.ts';
import { defineRule } from '../rule.ts';

/** Derivative zero by nature, and harmless: what they compute decides which branch or which place is read. */
const inert = (op: string, since: number[]): Rule => defineRule({ op, since, inert: [0, 1], vjp: () => [] });

/** ONNX's TensorProto.FLOAT. */
const FLOAT = 1;

export const selection: Rule[] = [
  defineRule({
    op: 'Where',
    since: [16],
    inert: [0],
    broadcasts: true,
    vjp: ({ emit, node, looseCotangent }) => [
      undefined,
      () => emit.op('Where', [node.inputs[0], looseCotangent(), emit.scalar(0)]),
      () => emit.op('Where', [node.inputs[0], emit.scalar(0), looseCotangent()]),
    ],
  }),
  defineRule({
    op: 'Cast',
    since: [13, 19, 21, 23, 24, 25],
    refuses: ({ node }) => (numberAttribute(node, 'to', FLOAT) === FLOAT ? undefined : 'it converts to another type'),
    vjp: ({ looseCotangent }) => [() => looseCotangent()],
  }),
  inert('Shape', [15, 19, 21, 23, 24, 25]),
  inert('Size', [13, 19, 21, 23, 24, 25]),
  inert('Greater', [13]),
  inert('GreaterOrEqual', [16]),
  inert('Less', [13]),
  inert('LessOrEqual', [16]),
  inert('Equal', [13, 19]),
  inert('IsNaN', [13, 20]),
  inert('IsInf', [10, 20]),
];
