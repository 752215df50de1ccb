/** Operators of old sets, run as they are and as upgraded. */
import { describe, expect, it } from 'vitest';
import type { Graph, GraphBuilder } from '../../src/onnx/graph.ts';
import { elementCount, tensor } from '../../src/onnx/graph.ts';
import { upgrade } from '../../src/onnx/upgrade.ts';
import { build, largestDifference, numbers, run } from './models.ts';

const DIMS = [2, 4, 3, 6];

const input = [{ name: 'x', type: 'float32' as const, dims: ['N', ...DIMS.slice(1)] }];

const weights = (builder: GraphBuilder, ...dims: number[]) =>
  builder.constant(tensor.float32(dims, numbers(elementCount(dims), 9)));

/** ONNX Runtime has no operators of sets before 7: those are compared with what they mean, said in the words of 18. */
type OldCase = [...Case, modern: (builder: GraphBuilder) => string];

type Case = [name: string, opset: number, write: (builder: GraphBuilder) => string | string[]];

const CASES: Case[] = [
  [
    'Squeeze and Unsqueeze',
    11,
    (b) => b.op('Unsqueeze', [b.op('Squeeze', [b.op('GlobalAveragePool', ['x'])], { axes: [2, 3] })], { axes: [0] }),
  ],
  ['ReduceMean', 11, (b) => b.op('ReduceMean', ['x'], { axes: [2, 3], keepdims: 0 })],
  ['ReduceSum', 11, (b) => b.op('ReduceSum', ['x'], { axes: [1] })],
  ['ReduceMax of everything', 12, (b) => b.op('ReduceMax', ['x'])],
  ['Clip', 6, (b) => b.op('Clip', ['x'], { min: 0.25, max: 0.5 })],
  ['Clip from above', 10, (b) => b.op('Clip', ['x'], { max: 0.5 })],
  ['Pad with a value', 9, (b) => b.op('Pad', ['x'], { pads: [0, 0, 1, 0, 0, 0, 0, 2], value: 3 })],
  ['Pad by reflection', 9, (b) => b.op('Pad', ['x'], { pads: [0, 0, 1, 0, 0, 0, 0, 2], mode: 'reflect' })],
  ['Slice', 9, (b) => b.op('Slice', ['x'], { axes: [1, 3], starts: [1, -3], ends: [3, 9999] })],
  ['Split by sizes', 11, (b) => b.ops('Split', ['x'], 2, { axis: 3, split: [2, 4] })],
  ['Split evenly', 13, (b) => b.ops('Split', ['x'], 2, { axis: 1 })],
  ['TopK', 9, (b) => b.ops('TopK', ['x'], 2, { k: 2 })[0]],
  ['Dropout', 9, (b) => b.op('Dropout', ['x'], { ratio: 0.9 })],
  [
    'BatchNormalization',
    8,
    (b) =>
      b.op('BatchNormalization', ['x', weights(b, 4), weights(b, 4), weights(b, 4), weights(b, 4)], { spatial: 1 }),
  ],
  ['Softmax over everything after the batch', 11, (b) => b.op('Softmax', ['x'])],
  ['Softmax over the last axes', 12, (b) => b.op('Softmax', ['x'], { axis: 2 })],
  ['LogSoftmax over the last axis', 9, (b) => b.op('LogSoftmax', ['x'], { axis: 3 })],
  ['Softmax of pooled channels', 11, (b) => b.op('Softmax', [b.op('GlobalMaxPool', ['x'])])],
  ['Upsample by attribute', 8, (b) => b.op('Upsample', ['x'], { mode: 'nearest', scales: [1, 1, 2, 3] })],
  [
    'Upsample, linear',
    9,
    (b) => b.op('Upsample', ['x', b.constant(tensor.float32([4], [1, 1, 2, 2]))], { mode: 'linear' }),
  ],
  ['Resize, enlarging', 10, (b) => b.op('Resize', ['x', b.constant(tensor.float32([4], [1, 1, 1.5, 2.5]))])],
  ['Resize, shrinking', 10, (b) => b.op('Resize', ['x', b.constant(tensor.float32([4], [1, 1, 1, 0.4]))])],
  [
    'Resize, linear',
    10,
    (b) => b.op('Resize', ['x', b.constant(tensor.float32([4], [1, 1, 2, 0.5]))], { mode: 'linear' }),
  ],
  [
    'Resize with an empty tensor for absent scales',
    11,
    (b) =>
      b.op(
        'Resize',
        [
          'x',
          b.constant(tensor.float32([0], [])),
          b.constant(tensor.float32([0], [])),
          b.constant(tensor.int64([4], [2, 4, 5, 7])),
        ],
        { mode: 'linear', coordinate_transformation_mode: 'half_pixel' },
      ),
  ],
  [
    'Scatter',
    9,
    (b) => b.op('Scatter', ['x', b.constant(tensor.int64([1, 1, 1, 2], [3, 1])), weights(b, 1, 1, 1, 2)], { axis: 3 }),
  ],
  ['Cast', 9, (b) => b.op('Cast', [b.op('Cast', ['x'], { to: 11 })], { to: 1 })],
];

const OLD_CASES: OldCase[] = [
  [
    'Add along an axis',
    6,
    (b) => b.op('Add', ['x', weights(b, 4)], { broadcast: 1, axis: 1 }),
    (b) => b.op('Add', ['x', weights(b, 4, 1, 1)]),
  ],
  [
    'Mul along the last axes',
    6,
    (b) => b.op('Mul', ['x', weights(b, 3, 6)], { broadcast: 1 }),
    (b) => b.op('Mul', ['x', weights(b, 3, 6)]),
  ],
  ['Relu that may overwrite', 1, (b) => b.op('Relu', ['x'], { consumed_inputs: [0] }), (b) => b.op('Relu', ['x'])],
  [
    'PRelu per channel',
    6,
    (b) => b.op('PRelu', [b.op('Neg', ['x']), weights(b, 4)]),
    (b) => b.op('PRelu', [b.op('Neg', ['x']), weights(b, 4, 1, 1)]),
  ],
  ['Concat by default', 3, (b) => b.op('Concat', ['x', 'x']), (b) => b.op('Concat', ['x', 'x'], { axis: 1 })],
  ['Dropout', 6, (b) => b.op('Dropout', ['x'], { ratio: 0.9, is_test: 1 }), (b) => b.op('Identity', ['x'])],
  ['Reshape', 4, (b) => b.op('Reshape', ['x'], { shape: [0, -1] }), (b) => b.op('Flatten', ['x'])],
  [
    'Cast',
    5,
    (b) => b.op('Cast', [b.op('Cast', ['x'], { to: 'INT32' })], { to: 'FLOAT' }),
    (b) => b.op('Floor', ['x']),
  ],
  [
    'Upsample',
    6,
    (b) => b.op('Upsample', ['x'], { height_scale: 2, width_scale: 3 }),
    (b) =>
      b.op('Reshape', [
        b.op('Tile', [b.op('Unsqueeze', ['x', b.shape(3, 5)]), b.shape(1, 1, 1, 2, 1, 3)]),
        b.shape(0, 4, 6, 18),
      ]),
  ],
];

const outputs = async (graph: Graph) =>
  Object.values(await run(graph, { x: { dims: DIMS, data: numbers(elementCount(DIMS)) } }));

describe('upgrade', () => {
  it.each(CASES)('%s (opset %i)', async (_, opset, write) => {
    const graph = build(input, write, opset);
    const { graph: upgraded, obstacles } = upgrade(graph);
    expect(obstacles).toEqual([]);
    expect(upgraded.opset).toBe(18);
    const [before, after] = [await outputs(graph), await outputs(upgraded)];
    for (const [index, { dims, data }] of before.entries()) {
      expect(after[index].dims).toEqual(dims);
      expect(largestDifference(after[index].data, data)).toBeLessThan(1e-6);
    }
  });

  it.each(OLD_CASES)('%s (opset %i)', async (_, opset, write, modern) => {
    const { graph, obstacles } = upgrade(build(input, write, opset));
    expect(obstacles).toEqual([]);
    expect(await outputs(graph)).toEqual(await outputs(build(input, modern)));
  });

  it('leaves a newer model alone', () => {
    const graph = build(input, (b) => b.op('Relu', ['x']), 21);
    expect(upgrade(graph)).toEqual({ graph, obstacles: [] });
  });

  const OBSTACLES: Case[] = [
    ['was withdrawn', 6, (b) => b.op('ScaledTanh', ['x'])],
    ['is used for its mask', 9, (b) => b.ops('Dropout', ['x'], 2)],
    [
      'spatial = 0',
      8,
      (b) =>
        b.op('BatchNormalization', ['x', weights(b, 4), weights(b, 4), weights(b, 4), weights(b, 4)], { spatial: 0 }),
    ],
    [
      'tf_half_pixel_for_nn',
      11,
      (b) =>
        b.op('Resize', ['x', '', b.constant(tensor.float32([4], [1, 1, 2, 2]))], {
          coordinate_transformation_mode: 'tf_half_pixel_for_nn',
        }),
    ],
    [
      'enlarges one axis and shrinks another',
      10,
      (b) => b.op('Resize', ['x', b.constant(tensor.float32([4], [1, 1, 2, 0.5]))]),
    ],
  ];
  it.each(OBSTACLES)('reports a node that %s (opset %i)', (reason, opset, write) => {
    const graph = build(input, write, opset);
    const { obstacles } = upgrade(graph);
    expect(obstacles.map((obstacle) => [obstacle.node.name, obstacle.reason.includes(reason)])).toEqual([
      [graph.nodes[0].name, true],
    ]);
  });
});
