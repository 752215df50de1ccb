/** Softmax and its logarithm, along one axis (opset ≥ 13). */
import { numberAttribute } from '../../attributes.ts';
import { axisOf } from '../constants.ts';
import type { Rule, VjpContext } from '../rule.ts';
import { defineRule } from '../rule.ts';
import { sumOver } from '../sum.ts';

const axisSum = ({ emit, node, dims }: VjpContext, value: string): string =>
  sumOver(emit, value, [axisOf(numberAttribute(node, 'axis', -1), dims(node.outputs[0]).length)]);

export const softmaxes: Rule[] = [
  defineRule({
    op: 'Softmax',
    since: [13],
    vjp: (context) => [
      () => {
        // y·(g − Σ g·y)
        const { emit, node } = context;
        const [y] = node.outputs;
        const cotangent = context.cotangent();
        const mean = axisSum(context, emit.op('Mul', [cotangent, y]));
        return emit.op('Mul', [emit.op('Sub', [cotangent, mean]), y]);
      },
    ],
  }),
  defineRule({
    op: 'LogSoftmax',
    since: [13],
    vjp: (context) => [
      () => {
        // g − softmax(x)·Σ g
        const { emit, node } = context;
        const cotangent = context.cotangent();
        const probabilities = emit.op('Exp', [node.outputs[0]]);
        return emit.op('Sub', [cotangent, emit.op('Mul', [probabilities, axisSum(context, cotangent)])]);
      },
    ],
  }),
];
