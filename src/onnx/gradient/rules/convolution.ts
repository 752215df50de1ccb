/**
 * Convolutions. The adjoint of a stride-1 `Conv` is a `Conv` with the flipped, channel-transposed kernel, about twice as
 * fast as `ConvTranspose` because the runtime packs constant kernels; of a strided one it is `ConvTranspose`.
 */
import { numberAttribute } from '../../attributes.ts';
import type { Window } from '../../window.ts';
import { slidingWindow, transposedWindow } from '../../window.ts';
import { flippedAttributes, refuseFreeSize, transposedAttributes } from '../adjoint-window.ts';
import { flipKernel } from '../constants.ts';
import { axesFrom, fixed } from '../dims.ts';
import type { Emitter } from '../emitter.ts';
import { kernelGradient } from '../kernel-gradient.ts';
import type { Rule, RuleContext, VjpContext } from '../rule.ts';
import { defineRule } from '../rule.ts';
import { sumOver } from '../sum.ts';

/** Spatial sizes of a value. */
const spatial = ({ dims }: RuleContext, value: string): number[] => fixed(dims(value).slice(2));

function convolutionWindow(context: RuleContext): Window {
  const [x, kernel] = context.node.inputs;
  return slidingWindow(context.node, spatial(context, x), spatial(context, kernel));
}

function inputGradient(context: VjpContext): string {
  const { emit, node, dims, constant } = context;
  const [x, kernel] = node.inputs;
  const group = numberAttribute(node, 'group', 1);
  const [input, output] = [spatial(context, x), spatial(context, node.outputs[0])];
  const window = convolutionWindow(context);
  const weights = constant(kernel);
  const flipped = weights && flippedAttributes(window, input, output);
  if (weights && flipped) {
    const turned = emit.tensor(flipKernel(weights, group));
    return emit.op('Conv', [context.cotangent(), turned], { ...flipped, group }, dims(x));
  }
  const attributes = { ...transposedAttributes(window, input, output), group };
  return emit.op('ConvTranspose', [context.cotangent(), kernel], attributes, dims(x));
}

/** Σ over everything but the channels: [C]. */
export function channelSums(emit: Emitter, value: string): string {
  const dims = emit.dims(value);
  return emit.reshape(sumOver(emit, sumOver(emit, value, axesFrom(2, dims.length)), [0]), [dims[1]]);
}

export const convolutions: Rule[] = [
  defineRule({
    op: 'Conv',
    since: [11, 22],
    refuses: refuseFreeSize,
    vjp: (context) => [
      () => inputGradient(context),
      () => kernelGradient(context, convolutionWindow(context)),
      () => channelSums(context.emit, context.cotangent()),
    ],
  }),
  defineRule({
    op: 'ConvTranspose',
    since: [11, 22],
    wrt: [0],
    refuses: (context) => {
      const free = refuseFreeSize(context);
      if (free !== undefined) return free;
      const [x, kernel] = context.node.inputs;
      const { pads } = transposedWindow(context.node, spatial(context, x), spatial(context, kernel));
      return pads.some((pad) => pad < 0) ? `its padding [${pads.join(', ')}] is negative` : undefined;
    },
    vjp: (context) => [
      () => {
        // The adjoint is the convolution that this operator transposes, with the same kernel.
        const { emit, node, dims } = context;
        const [x, kernel] = node.inputs;
        const {
          kernel: kernel_shape,
          strides,
          dilations,
          pads,
        } = transposedWindow(node, spatial(context, x), spatial(context, kernel));
        const attributes = { kernel_shape, strides, dilations, pads, group: numberAttribute(node, 'group', 1) };
        return emit.op('Conv', [context.cotangent(), kernel], attributes, dims(x));
      },
    ],
  }),
];
