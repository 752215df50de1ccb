/** Normalisations as they run at inference. */
import { numberAttribute } from '../../attributes.ts';
import { elementCount, type Node, tensor } from '../../graph.ts';
import { axisOf, elementsOf } from '../constants.ts';
import { axesFrom, fixed, isFixed } from '../dims.ts';
import type { Emitter } from '../emitter.ts';
import type { Pullback, Rule, VjpContext } from '../rule.ts';
import { defineRule } from '../rule.ts';
import { meanOver } from '../sum.ts';
import { channelSums } from './convolution.ts';

/** d loss / dx of x̂ = (x − mean)·r over the given axes, r = 1/√(variance + ε): r·(g − mean(g) − x̂·mean(g·x̂)). */
function standardised(emit: Emitter, g: string, centred: string, r: string, axes: readonly number[]): string {
  const normal = emit.op('Mul', [centred, r]);
  const shift = meanOver(emit, g, axes);
  const tilt = emit.op('Mul', [normal, meanOver(emit, emit.op('Mul', [g, normal]), axes)]);
  return emit.op('Mul', [emit.op('Sub', [emit.op('Sub', [g, shift]), tilt]), r]);
}

/** Per-channel parameters as a value that broadcasts over [N, C, …]. */
const perChannel = ({ emit, dims, node }: VjpContext, value: string): string =>
  emit.reshape(value, [
    ...dims(value),
    ...dims(node.inputs[0])
      .slice(2)
      .map(() => 1),
  ]);

/** At inference the normalisation is an affine map of every channel. */
function fixedStatistics({ emit, node, dims, constant, looseCotangent }: VjpContext): string {
  const scale = elementsOf(constant(node.inputs[1])!);
  const variance = elementsOf(constant(node.inputs[4])!);
  const epsilon = numberAttribute(node, 'epsilon', 1e-5);
  const slope = scale.map((factor, channel) => factor / Math.sqrt(variance[channel] + epsilon));
  const ones = dims(node.inputs[0])
    .slice(2)
    .map(() => 1);
  const factor = emit.tensor(tensor.float32([slope.length, ...ones], slope));
  return emit.op('Mul', [looseCotangent(), factor]);
}

const isTraining = (node: Node): boolean => numberAttribute(node, 'training_mode', 0) === 1;

/**
 * Normalisation by the batch's own mean m and variance v, in the node's outputs 1 and 2 where its momentum is 0 (the variance divides by n). With
 * r = 1/√(v + ε) and x̂ = (x − m)·r: dβ = Σg, dγ = Σg·x̂, and dx = γr·(g − dβ/n − x̂·dγ/n), which is affine in g and x for every channel.
 */
function batchStatistics(context: VjpContext): readonly Pullback[] {
  const { emit, node, dims } = context;
  const [x, scale] = node.inputs;
  const [batch, channels, ...places] = fixed(dims(x));
  const count = elementCount([batch, ...places]);

  const mean = () => context.request(1, [channels]);
  const inverse = once(() => {
    const variance = context.request(2, [channels]);
    const epsilon = emit.scalar(numberAttribute(node, 'epsilon', 1e-5));
    return emit.op('Reciprocal', [emit.op('Sqrt', [emit.op('Add', [variance, epsilon])])]);
  });
  const shift = once(() => channelSums(emit, context.cotangent()));
  const tilt = once(() => {
    const product = channelSums(emit, emit.op('Mul', [context.cotangent(), x]));
    return emit.op('Mul', [emit.op('Sub', [product, emit.op('Mul', [mean(), shift()])]), inverse()]);
  });
  const overImage = (value: string) => emit.reshape(value, [channels, ...places.map(() => 1)]);
  return [
    () => {
      // g·a + x·b + c
      const a = emit.op('Mul', [scale, inverse()]);
      const share = emit.op('Mul', [a, emit.scalar(-1 / count)]);
      const b = emit.op('Mul', [emit.op('Mul', [share, tilt()]), inverse()]);
      const c = emit.op('Sub', [emit.op('Mul', [share, shift()]), emit.op('Mul', [b, mean()])]);
      const scaled = emit.op('Add', [emit.op('Mul', [x, overImage(b)]), overImage(c)]);
      return emit.op('Add', [emit.op('Mul', [context.cotangent(), overImage(a)]), scaled]);
    },
    () => tilt(),
    () => shift(),
  ];
}

/** Runs a builder at most once. */
const once = (build: () => string): Pullback => {
  let name: string | undefined;
  return () => (name ??= build());
};

export const normalisations: Rule[] = [
  defineRule({
    op: 'BatchNormalization',
    since: [15],
    wrt: [0, 1, 2],
    refuses: ({ node, dims, constant }) => {
      if (isTraining(node))
        return isFixed(dims(node.inputs[0])) ? undefined : 'it is in training mode, so images share statistics';
      return constant(node.inputs[1]) && constant(node.inputs[4])
        ? undefined
        : 'its scale and variance are not constants';
    },
    vjp: (context) => (isTraining(context.node) ? batchStatistics(context) : [() => fixedStatistics(context)]),
  }),
  defineRule({
    op: 'LayerNormalization',
    since: [17],
    wrt: [0],
    vjp: (context) => [
      () => {
        const { emit, node, dims, request, cotangent } = context;
        const [x, scale] = node.inputs;
        const rank = dims(x).length;
        const axes = axesFrom(axisOf(numberAttribute(node, 'axis', -1), rank), rank);
        const statistics = dims(x).map((size, axis) => (axes.includes(axis) ? 1 : size));
        const centred = emit.op('Sub', [x, request(1, statistics)]);
        return standardised(emit, emit.op('Mul', [cotangent(), scale]), centred, request(2, statistics), axes);
      },
    ],
  }),
  defineRule({
    op: 'InstanceNormalization',
    since: [6, 22],
    wrt: [0],
    vjp: (context) => [
      () => {
        const { emit, node, dims, cotangent } = context;
        const [x, scale] = node.inputs;
        const axes = axesFrom(2, dims(x).length);
        const centred = emit.op('Sub', [x, meanOver(emit, x, axes)]);
        const variance = meanOver(emit, emit.op('Mul', [centred, centred]), axes);
        const epsilon = emit.scalar(numberAttribute(node, 'epsilon', 1e-5));
        const r = emit.op('Reciprocal', [emit.op('Sqrt', [emit.op('Add', [variance, epsilon])])]);
        return standardised(emit, emit.op('Mul', [cotangent(), perChannel(context, scale)]), centred, r, axes);
      },
    ],
  }),
];
