/** Normalisations as they run at inference. */
import { numberAttribute } from '../../attributes.ts';
import { tensor } from '../../graph.ts';
import { axisOf, elementsOf } from '../constants.ts';
import { axesFrom } from '../dims.ts';
import type { Emitter } from '../emitter.ts';
import type { Rule, VjpContext } from '../rule.ts';
import { defineRule } from '../rule.ts';
import { meanOver } from '../sum.ts';

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

export const normalisations: Rule[] = [
  defineRule({
    op: 'BatchNormalization',
    since: [15],
    wrt: [0],
    refuses: ({ node, constant }) => {
      if (numberAttribute(node, 'training_mode', 0) === 1) return 'it is in training mode, so images share statistics';
      return constant(node.inputs[1]) && constant(node.inputs[4])
        ? undefined
        : 'its scale and variance are not constants';
    },
    vjp: ({ emit, node, dims, constant, looseCotangent }) => [
      () => {
        const scale = elementsOf(constant(node.inputs[1])!);
        const variance = elementsOf(constant(node.inputs[4])!);
        const epsilon = numberAttribute(node, 'epsilon', 1e-5);
        const slope = scale.map((factor, channel) => factor / Math.sqrt(variance[channel] + epsilon));
        const ones = dims(node.inputs[0])
          .slice(2)
          .map(() => 1);
        const factor = emit.tensor(tensor.float32([slope.length, ...ones], slope));
        return emit.op('Mul', [looseCotangent(), factor]);
      },
    ],
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
