/** Operators that only rearrange: their adjoint is the rearrangement back. */
import { numberAttribute, numbersAttribute, textAttribute } from '../../attributes.ts';
import { fixed } from '../dims.ts';
import type { Rule, VjpContext } from '../rule.ts';
import { defineRule } from '../rule.ts';

/** The cotangent in the shape of the input: the adjoint of every operator that keeps the order of elements. */
const reshapedBack = (op: string, since: number[]): Rule =>
  defineRule({
    op,
    since,
    inert: [1],
    refuses: ({ node, dims }) => {
      const shape = dims(node.inputs[0]);
      return shape.filter((size) => typeof size === 'string').length > 1
        ? `more than one size of its input [${shape.join(', ')}] is free`
        : undefined;
    },
    vjp: ({ emit, node, dims, cotangent }) => [() => emit.reshape(cotangent(), dims(node.inputs[0]))],
  });

const identity = (op: string, since: number[]): Rule =>
  defineRule({ op, since, wrt: [0], vjp: ({ looseCotangent }) => [() => looseCotangent()] });

/** Moves blocks of channels to pixels or back; ONNX has SpaceToDepth in DCR order only, so CRD takes the long way. */
function spaceToDepth({ emit, node, dims, cotangent }: VjpContext): string {
  const blocksize = numberAttribute(node, 'blocksize', 1);
  const shape = dims(node.inputs[0]);
  if (textAttribute(node, 'mode', 'DCR') === 'DCR') return emit.op('SpaceToDepth', [cotangent()], { blocksize }, shape);
  const [batch, channels, height, width] = shape;
  const depth = fixed([channels])[0] / blocksize ** 2;
  const split = emit.reshape(cotangent(), [batch, depth, height, blocksize, width, blocksize]);
  const perm = [0, 1, 3, 5, 2, 4];
  const moved = emit.op('Transpose', [split], { perm }, [batch, depth, blocksize, blocksize, height, width]);
  return emit.reshape(moved, shape);
}

export const shapes: Rule[] = [
  reshapedBack('Reshape', [14, 19, 21, 23, 24, 25]),
  reshapedBack('Flatten', [13, 21, 23, 24, 25]),
  reshapedBack('Squeeze', [13, 21, 23, 24, 25]),
  reshapedBack('Unsqueeze', [13, 21, 23, 24, 25]),
  identity('Identity', [16, 19, 21, 23, 24, 25]),
  defineRule({
    op: 'Dropout',
    since: [13, 22],
    wrt: [0],
    refuses: ({ node, constant }) => {
      const training = node.inputs[2];
      if (!training) return undefined;
      return constant(training)?.data[0] === 0 ? undefined : 'it is in training mode, which is random';
    },
    vjp: ({ looseCotangent }) => [() => looseCotangent()],
  }),
  defineRule({
    op: 'Transpose',
    since: [13, 21, 23, 24, 25],
    vjp: ({ emit, node, dims, looseCotangent }) => [
      () => {
        const rank = dims(node.inputs[0]).length;
        const perm = numbersAttribute(node, 'perm') ?? [...Array(rank).keys()].toReversed();
        const inverse = perm.map((_, axis) => perm.indexOf(axis));
        const cotangent = looseCotangent();
        const shape = emit.dims(cotangent);
        return emit.op(
          'Transpose',
          [cotangent],
          { perm: inverse },
          inverse.map((axis) => shape[axis]),
        );
      },
    ],
  }),
  defineRule({
    op: 'Expand',
    since: [13],
    inert: [1],
    broadcasts: true,
    vjp: ({ looseCotangent }) => [() => looseCotangent()],
  }),
  defineRule({
    op: 'DepthToSpace',
    since: [13],
    refuses: ({ node, dims }) =>
      dims(node.inputs[0])
        .slice(1)
        .every((size) => typeof size === 'number')
        ? undefined
        : 'its input has no fixed size',
    vjp: (context) => [() => spaceToDepth(context)],
  }),
  defineRule({
    op: 'SpaceToDepth',
    since: [13],
    vjp: ({ emit, node, dims, cotangent }) => [
      () =>
        emit.op(
          'DepthToSpace',
          [cotangent()],
          { blocksize: numberAttribute(node, 'blocksize', 1) },
          dims(node.inputs[0]),
        ),
    ],
  }),
];
