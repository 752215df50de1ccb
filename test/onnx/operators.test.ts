/** Shapes of single operators with a free batch, against what ONNX Runtime makes of a batch of two. */
import { describe, expect, it } from 'vitest';
import type { Attribute, GraphBuilder } from '../../src/onnx/graph.ts';
import { elementCount, tensor } from '../../src/onnx/graph.ts';
import { inferShapes } from '../../src/onnx/shapes.ts';
import { build, numbers, run } from './models.ts';

type Write = (builder: GraphBuilder) => string | string[];

const op =
  (
    name: string,
    attributes: Record<string, Attribute> = {},
    ...constants: ((builder: GraphBuilder) => string)[]
  ): Write =>
  (builder) =>
    builder.op(name, ['x', ...constants.map((constant) => constant(builder))], attributes);

const ints =
  (...values: number[]) =>
  (builder: GraphBuilder) =>
    builder.shape(...values);
const floats =
  (...dims: number[]) =>
  (builder: GraphBuilder) =>
    builder.constant(tensor.float32(dims, numbers(elementCount(dims))));
const absent = () => '';
const values =
  (...elements: number[]) =>
  (builder: GraphBuilder) =>
    builder.constant(tensor.float32([elements.length], elements));

const IMAGE = [4, 6, 8];

const CASES: [string, Write][] = [
  ['Flatten', op('Flatten')],
  ['Flatten at axis 2', op('Flatten', { axis: 2 })],
  ['Reshape copying the batch', op('Reshape', {}, ints(0, -1))],
  ['Reshape with the batch left over', op('Reshape', {}, ints(-1, 192))],
  ['Reshape merging batch and channels', op('Reshape', {}, ints(-1, 6, 8))],
  ['Transpose', op('Transpose', { perm: [0, 2, 3, 1] })],
  ['Transpose, reversed', op('Transpose')],
  ['Unsqueeze', op('Unsqueeze', {}, ints(1, -1))],
  ['Squeeze', (builder) => builder.op('Squeeze', [builder.op('GlobalAveragePool', ['x']), builder.shape(2, 3)])],
  ['ReduceMean', op('ReduceMean', { keepdims: 0 }, ints(2, 3))],
  ['ReduceMax keeping axes', op('ReduceMax', {}, ints(-1))],
  ['ReduceSum of everything', op('ReduceSum')],
  ['ArgMax', op('ArgMax', { axis: 1, keepdims: 0 })],
  ['Concat', (builder) => builder.op('Concat', ['x', 'x'], { axis: 1 })],
  ['Concat of batches', (builder) => builder.op('Concat', ['x', 'x'], { axis: 0 })],
  ['Pad', op('Pad', {}, ints(0, 0, 1, 2, 0, 0, 3, 0))],
  ['Pad of chosen axes', op('Pad', {}, ints(1, 2), absent, ints(-1))],
  ['Slice', op('Slice', {}, ints(1), ints(2 ** 40), ints(1))],
  ['Slice backwards in steps', op('Slice', {}, ints(-1), ints(-100), ints(3), ints(-3))],
  ['Gather', op('Gather', { axis: 1 }, ints(2, 1, 0))],
  ['Split evenly', (builder) => builder.ops('Split', ['x'], 2, { axis: 1, num_outputs: 2 })],
  ['Split with a smaller last part', (builder) => builder.ops('Split', ['x'], 3, { axis: 3, num_outputs: 3 })],
  ['Split by sizes', (builder) => builder.ops('Split', ['x', builder.shape(1, 3)], 2, { axis: 1 })],
  ['Expand', op('Expand', {}, ints(1, 4, 6, 8))],
  ['Tile', op('Tile', {}, ints(1, 2, 1, 3))],
  ['MatMul', op('MatMul', {}, floats(8, 5))],
  ['MatMul with a vector', op('MatMul', {}, floats(8))],
  ['Add, broadcasting', op('Add', {}, floats(4, 1, 1))],
  ['Add of a larger rank', op('Add', {}, floats(3, 1, 1, 1, 1))],
  [
    'Where',
    (builder) => builder.op('Where', [builder.op('Greater', ['x', builder.scalar(0.5)]), 'x', builder.scalar(0)]),
  ],
  ['PRelu', op('PRelu', {}, floats(4, 1, 1))],
  ['BatchNormalization', op('BatchNormalization', {}, floats(4), floats(4), floats(4), floats(4))],
  ['InstanceNormalization', op('InstanceNormalization', {}, floats(4), floats(4))],
  ['LayerNormalization', op('LayerNormalization', { axis: -1 }, floats(8))],
  ['LRN', op('LRN', { size: 3 })],
  ['GlobalMaxPool', op('GlobalMaxPool')],
  ['Resize by scales', op('Resize', {}, absent, values(1, 1, 1.3, 2.7))],
  ['Resize to sizes of chosen axes', op('Resize', { axes: [2, 3] }, absent, absent, ints(9, 5))],
  [
    'Resize, not larger',
    op('Resize', { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' }, absent, absent, ints(9, 5)),
  ],
  ['DepthToSpace', op('DepthToSpace', { blocksize: 2 })],
  ['SpaceToDepth', op('SpaceToDepth', { blocksize: 2 })],
  ['TopK', (builder) => builder.ops('TopK', ['x', builder.shape(3)], 2)],
  ['Softmax', op('Softmax', { axis: 1 })],
  [
    'OneHot',
    (builder) =>
      builder.op('OneHot', [
        builder.op('ArgMax', ['x'], { axis: 3, keepdims: 0 }),
        builder.shape(8),
        builder.constant(tensor.float32([2], [0, 1])),
      ]),
  ],
  ['ConvTranspose', op('ConvTranspose', { strides: [2, 2], group: 2 }, floats(4, 3, 3, 3))],
  ['Conv in groups', op('Conv', { group: 2, pads: [1, 1, 1, 1] }, floats(6, 2, 3, 3), floats(6))],
  ['Conv without bias, 1 by 1', op('Conv', {}, floats(7, 4, 1, 1))],
  ['CumSum', op('CumSum', {}, (builder) => builder.constant(tensor.int64([], [1])))],
  [
    'GatherElements',
    op('GatherElements', { axis: 3 }, (builder) =>
      builder.constant(
        tensor.int64(
          [2, 4, 6, 1],
          Array.from({ length: 48 }, () => 0),
        ),
      ),
    ),
  ],
  [
    'a Reshape whose target is computed from the shape',
    (builder) => {
      const shape = builder.op('Shape', ['x']);
      const batch = builder.op('Unsqueeze', [
        builder.op('Gather', [shape, builder.constant(tensor.int64([], [0]))]),
        builder.shape(0),
      ]);
      return builder.op('Reshape', ['x', builder.op('Concat', [batch, builder.shape(-1)], { axis: 0 })]);
    },
  ],
  [
    'an Expand whose target is computed from the shape',
    (builder) => {
      const spatial = builder.op('Slice', [builder.op('Shape', ['x']), builder.shape(2), builder.shape(4)]);
      const doubled = builder.op(
        'Concat',
        [builder.op('Shape', ['x'], { start: 0, end: 1 }), builder.shape(1), spatial],
        { axis: 0 },
      );
      return builder.op('Expand', [builder.scalar(1), doubled]);
    },
  ],
  ['a ConstantOfShape of the shape', (builder) => builder.op('ConstantOfShape', [builder.op('Shape', ['x'])])],
  [
    'a Resize to twice the size, computed',
    (builder) => {
      const shape = builder.op('Shape', ['x']);
      const spatial = builder.op('Mul', [
        builder.op('Slice', [shape, builder.shape(2), builder.shape(4)]),
        builder.shape(2),
      ]);
      const sizes = builder.op('Concat', [builder.op('Slice', [shape, builder.shape(0), builder.shape(2)]), spatial], {
        axis: 0,
      });
      return builder.op('Resize', ['x', '', '', sizes], { mode: 'nearest' });
    },
  ],
  [
    'a channel shuffle',
    (builder) => {
      const grouped = builder.op('Reshape', ['x', builder.shape(-1, 2, 2, 6, 8)]);
      const swapped = builder.op('Transpose', [grouped], { perm: [0, 2, 1, 3, 4] });
      return builder.op('Reshape', [swapped, builder.shape(-1, 4, 6, 8)]);
    },
  ],
];

/** 2 for N, 48 for 24*N, 4 for (N+N). */
const atBatchOfTwo = (dim: number | string): number => {
  if (typeof dim === 'number') return dim;
  if (dim === '(N+N)') return 4;
  return dim.split('*').reduce((product, factor) => product * (factor === 'N' ? 2 : Number(factor)), 1);
};

describe('inferred shapes', () => {
  it.each(CASES)('of %s', async (_, write) => {
    const graph = build([{ name: 'x', type: 'float32', dims: ['N', ...IMAGE] }], write);
    graph.outputs = graph.outputs.map(({ name }) => ({
      name,
      type: inferShapes(graph).get(name)?.type ?? 'float32',
      dims: [],
      undeclared: 'type',
    }));
    const results = await run(graph, { x: { dims: [2, ...IMAGE], data: numbers(2 * elementCount(IMAGE)) } });
    for (const { name } of graph.outputs) {
      const shape = inferShapes(graph).get(name);
      expect(shape?.dims.map(atBatchOfTwo)).toEqual(results[name].dims);
      expect(shape?.type).toBe(results[name].type);
    }
  });

  it('leave out what an unknown operator makes', () => {
    const graph = build([{ name: 'x', type: 'float32', dims: ['N', 4] }], (builder) =>
      builder.op('Relu', [builder.op('Einsum', ['x'], { equation: 'ij->ji' })]),
    );
    expect([...inferShapes(graph).keys()]).toEqual(['x']);
  });

  it.each<[string, Write, RegExp]>([
    ['channels', op('Conv', {}, floats(6, 3, 3, 3)), /expects 3 input channels, but its input has 4/],
    ['inner sizes', op('MatMul', {}, floats(9, 5)), /8 against 9/],
    ['broadcasting', op('Add', {}, floats(5, 1, 1)), /4 against 5/],
    ['Reshape', op('Reshape', {}, ints(0, 191)), /192\*N values.*191\*N values/],
    [
      'joined axes',
      (builder) => builder.op('Concat', ['x', floats(1, 4, 5, 8)(builder)], { axis: 1 }),
      /cannot be joined along axis 1/,
    ],
  ])('are refused where %s contradict each other, with both numbers', (_, write, message) => {
    const graph = build([{ name: 'x', type: 'float32', dims: ['N', ...IMAGE] }], write);
    expect(() => inferShapes(graph)).toThrow(message);
  });
});
