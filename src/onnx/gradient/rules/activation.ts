/** Piecewise-linear and other activations. Masks read the output where its sign tells as much: the runtime can then fuse the forward activation. */
import { numberAttribute } from '../../attributes.ts';
import { positive } from '../mask.ts';
import { pointwise } from '../pointwise.ts';
import type { Rule, VjpContext } from '../rule.ts';
import { defineRule } from '../rule.ts';

/** mask·1 + (1 − mask)·low, for a mask of 0s and 1s. */
const oneOr = ({ emit }: VjpContext, mask: string, low: string): string =>
  emit.op('Add', [mask, emit.op('Mul', [emit.op('Sub', [emit.scalar(1), mask]), low])]);

/** 1 strictly between the bounds, else 0; an absent bound is no bound, and with neither there is no mask. */
function inside(
  { emit }: VjpContext,
  y: string,
  low: string | undefined,
  high: string | undefined,
): string | undefined {
  const margins: string[] = [];
  if (low !== undefined) margins.push(emit.op('Sub', [y, low]));
  if (high !== undefined) margins.push(emit.op('Sub', [high, y]));
  if (margins.length === 0) return undefined;
  return positive(emit, margins.length === 1 ? margins[0] : emit.op('Mul', margins));
}

/** 1 strictly between 0 and 1, else 0. */
const between01 = ({ emit }: VjpContext, y: string): string =>
  positive(emit, emit.op('Mul', [y, emit.op('Sub', [emit.scalar(1), y])]));

export const activations: Rule[] = [
  pointwise('Relu', [14], ({ emit }, _, y) => positive(emit, y), '0 at 0'),
  pointwise(
    'LeakyRelu',
    [16],
    ({ emit, node }, x) => {
      const alpha = numberAttribute(node, 'alpha', 0.01);
      return emit.op('Add', [emit.op('Mul', [positive(emit, x), emit.scalar(1 - alpha)]), emit.scalar(alpha)]);
    },
    'alpha at 0',
  ),
  pointwise(
    'PRelu',
    [16],
    (context, x) => oneOr(context, positive(context.emit, x), context.node.inputs[1]),
    'the slope at 0',
  ),
  pointwise(
    'Elu',
    [6, 22],
    (context, x) => {
      // From x: the bits of the runtime's own Elu depend on the batch.
      const { emit, node } = context;
      const tail = emit.op('Exp', [emit.op('Min', [x, emit.scalar(0)])]);
      const low = emit.op('Mul', [tail, emit.scalar(numberAttribute(node, 'alpha', 1))]);
      return oneOr(context, positive(emit, x), low);
    },
    'alpha at 0',
  ),
  defineRule({
    op: 'Clip',
    since: [13],
    ties: '0 at the bounds',
    wrt: [0],
    vjp: (context) => [
      () => {
        const [, low, high] = context.node.inputs.map((name) => name || undefined);
        const mask = inside(context, context.node.outputs[0], low, high);
        const cotangent = context.looseCotangent();
        return mask === undefined ? cotangent : context.emit.op('Mul', [cotangent, mask]);
      },
    ],
  }),
  pointwise(
    'HardSigmoid',
    [6, 22],
    (context, _, y) => {
      const { emit, node } = context;
      const slope = emit.scalar(numberAttribute(node, 'alpha', 0.2));
      return emit.op('Mul', [between01(context, y), slope]);
    },
    '0 at both bends',
  ),
  pointwise(
    'HardSwish',
    [14, 22],
    (context, x) => {
      // x·h with h = max(0, min(1, x/6 + 1/2)): h + x·h′
      const { emit } = context;
      const h = emit.op('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 });
      const bend = between01(context, h);
      return emit.op('Add', [h, emit.op('Mul', [emit.op('Mul', [x, emit.scalar(1 / 6)]), bend])]);
    },
    '0 at −3, 1 at 3',
  ),
  pointwise('Sigmoid', [13], ({ emit }, _, y) => emit.op('Mul', [y, emit.op('Sub', [emit.scalar(1), y])])),
  pointwise('Tanh', [13], ({ emit }, _, y) => emit.op('Sub', [emit.scalar(1), emit.op('Mul', [y, y])])),
  pointwise('Softplus', [1, 22], ({ emit }, x) => emit.op('Sigmoid', [x])),
  pointwise('Gelu', [20], (context, x) => geluDerivative(context, x)),
];

/**
 * Exact: Φ(x) + x·φ(x) with the normal distribution's Φ and φ. Tanh form: with t = tanh(u), u = √(2/π)(x + 0.044715x³),
 * (1 + t)/2 + x(1 − t²)u′/2 (Hendrycks & Gimpel 2016, arXiv:1606.08415).
 */
function geluDerivative({ emit, node }: VjpContext, x: string): string {
  const scalar = (value: number) => emit.scalar(value);
  const mul = (...factors: string[]) => factors.reduce((product, factor) => emit.op('Mul', [product, factor]));
  const square = mul(x, x);
  if (node.attributes.approximate === 'tanh') {
    const rate = Math.sqrt(2 / Math.PI);
    const u = mul(x, emit.op('Add', [mul(square, scalar(0.044715 * rate)), scalar(rate)]));
    const t = emit.op('Tanh', [u]);
    const slope = emit.op('Add', [mul(square, scalar(3 * 0.044715 * rate)), scalar(rate)]);
    const bend = mul(x, emit.op('Sub', [scalar(1), mul(t, t)]), slope);
    return mul(emit.op('Add', [emit.op('Add', [t, scalar(1)]), bend]), scalar(0.5));
  }
  const cumulative = emit.op('Erf', [mul(x, scalar(Math.SQRT1_2))]);
  const half = mul(emit.op('Add', [cumulative, scalar(1)]), scalar(0.5));
  const density = mul(emit.op('Exp', [mul(square, scalar(-0.5))]), scalar(1 / Math.sqrt(2 * Math.PI)));
  return emit.op('Add', [half, mul(x, density)]);
}
