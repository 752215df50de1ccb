/** Average pools. */
import { numberAttribute, numbersAttribute, textAttribute } from '../../attributes.ts';
import { elementCount, tensor } from '../../graph.ts';
import type { Window } from '../../window.ts';
import { slidingWindow } from '../../window.ts';
import { flippedAttributes, refuseFreeSize, transposedAttributes } from '../adjoint-window.ts';
import { filled } from '../constants.ts';
import { fixed } from '../dims.ts';
import type { Rule, RuleContext, VjpContext } from '../rule.ts';
import { defineRule } from '../rule.ts';

/** How many pixels along one axis each window averages; padding counts where the attribute says so, overhang never. */
function counts(window: Window, axis: number, input: number, output: number, includePad: boolean): number[] {
  const first = includePad ? -window.pads[axis] : 0;
  const end = includePad ? input + window.pads[axis + window.kernel.length] : input;
  return Array.from({ length: output }, (_, place) => {
    const start = place * window.strides[axis] - window.pads[axis];
    let count = 0;
    for (let tap = 0; tap < window.kernel[axis]; tap++) {
      const at = start + tap * window.dilations[axis];
      if (at >= first && at < end) count++;
    }
    return count;
  });
}

/** The cotangent divided by the number of pixels in each window. */
function shares({ emit, node, cotangent }: VjpContext, window: Window, input: number[], output: number[]): string {
  const includePad = numberAttribute(node, 'count_include_pad', 0) === 1;
  const perAxis = output.map((size, axis) => counts(window, axis, input[axis], size, includePad));
  const map = perAxis.reduce<number[]>((rows, axis) => rows.flatMap((row) => axis.map((count) => row * count)), [1]);
  const uniform = map.every((count) => count === map[0]);
  const share = uniform
    ? emit.scalar(1 / map[0])
    : emit.tensor(
        tensor.float32(
          [1, 1, ...output],
          map.map((count) => 1 / count),
        ),
      );
  return emit.op('Mul', [cotangent(), share]);
}

function averageGradient(context: VjpContext): string {
  const { emit, node, dims } = context;
  const shape = dims(node.inputs[0]);
  const [input, output] = [fixed(shape.slice(2)), fixed(dims(node.outputs[0]).slice(2))];
  const window = slidingWindow(node, input, numbersAttribute(node, 'kernel_shape') ?? []);
  const { kernel, strides, pads } = window;
  const share = shares(context, window, input, output);
  const tiles =
    input.length === 2 &&
    pads.every((pad) => pad === 0) &&
    window.dilations.every((size) => size === 1) &&
    kernel.every((size, axis) => size === strides[axis] && size * output[axis] === input[axis]);
  if (tiles) {
    const scales = emit.tensor(tensor.float32([4], [1, 1, ...kernel]));
    const nearest = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
    return emit.op('Resize', [share, '', scales], nearest, shape);
  }
  const channels = fixed([shape[1]])[0];
  const ones = emit.tensor(filled([channels, 1, ...kernel], 1));
  const flipped = flippedAttributes(window, input, output);
  if (flipped) return emit.op('Conv', [share, ones], { ...flipped, group: channels }, shape);
  const attributes = { ...transposedAttributes(window, input, output), group: channels };
  return emit.op('ConvTranspose', [share, ones], attributes, shape);
}

/** With SAME padding and gaps between its windows, the runtime pads negatively and so moves the windows, which ONNX does not say. */
function refuseGaps({ node }: RuleContext): string | undefined {
  const kernel = numbersAttribute(node, 'kernel_shape') ?? [];
  const strides = numbersAttribute(node, 'strides') ?? [];
  return textAttribute(node, 'auto_pad', 'NOTSET').startsWith('SAME') &&
    kernel.some((size, axis) => size < (strides[axis] ?? 1))
    ? 'its windows are smaller than its strides under SAME padding'
    : undefined;
}

export const pools: Rule[] = [
  defineRule({
    op: 'AveragePool',
    since: [11, 19, 22],
    refuses: (context) => refuseFreeSize(context) ?? refuseGaps(context),
    vjp: (context) => [() => averageGradient(context)],
  }),
  defineRule({
    op: 'GlobalAveragePool',
    since: [1, 22],
    refuses: refuseFreeSize,
    // Loose: the operator before it broadcasts.
    vjp: ({ emit, node, dims, looseCotangent }) => [
      () => {
        const area = elementCount(fixed(dims(node.inputs[0]).slice(2)));
        return emit.op('Mul', [looseCotangent(), emit.scalar(1 / area)]);
      },
    ],
  }),
];
