/**
 * A row's gradient does not depend on its batch, to the last bit: neither on the batch's size, nor on the row's place in
 * it, nor on the other rows. Small graphs that together use every operator that the rules emit, at odd sizes where the
 * runtime's vector kernels would show a difference.
 */
import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/onnx/graph.ts';
import { elementCount, tensor } from '../../src/onnx/graph.ts';
import { Draw, evaluate, gradientGraph, graphOf, open, single } from './harness.ts';

const draw = new Draw(11);
const weights = (...dims: number[]) => draw.normals(dims);
const ints = (...values: number[]) => tensor.int64([values.length], values);
const positive = (size: number) =>
  tensor.float32(
    [size],
    weights(size).data.map((value) => 0.5 + Math.abs(value)),
  );

const IMAGE = ['N', 6, 9, 7];
const WIDE = ['N', 16, 8, 8];
const square = (size: number, stride: number, pad: number, rest = {}) => ({
  kernel_shape: [size, size],
  strides: [stride, stride],
  pads: [pad, pad, pad, pad],
  ...rest,
});
const half = { coordinate_transformation_mode: 'half_pixel' };

const CASES: [string, Graph][] = [
  ['Conv 3×3', single('Conv', IMAGE, [weights(5, 6, 3, 3)], square(3, 1, 1))],
  ['Conv 3×3, blocked channels', single('Conv', WIDE, [weights(16, 16, 3, 3)], square(3, 1, 1))],
  ['Conv 3×3 stride 2', single('Conv', WIDE, [weights(32, 16, 3, 3)], square(3, 2, 1))],
  ['Conv 1×1 stride 2', single('Conv', WIDE, [weights(32, 16, 1, 1)], square(1, 2, 0))],
  ['Conv grouped', single('Conv', IMAGE, [weights(9, 2, 3, 3)], square(3, 1, 1, { group: 3 }))],
  ['Conv depthwise stride 2', single('Conv', IMAGE, [weights(6, 1, 3, 3)], square(3, 2, 1, { group: 6 }))],
  ['ConvTranspose', single('ConvTranspose', IMAGE, [weights(6, 5, 3, 3)], square(3, 2, 1))],
  ['Gemm', single('Gemm', ['N', 37], [weights(11, 37)], { transB: 1 })],
  ['MatMul', single('MatMul', ['N', 5, 37], [weights(37, 11)])],
  [
    'attention',
    graphOf(['N', 2, 7, 5], (b) =>
      b.op('MatMul', [b.op('Softmax', [b.op('MatMul', ['x', b.op('Transpose', ['x'], { perm: [0, 1, 3, 2] })])]), 'x']),
    ),
  ],
  ...[
    'Relu',
    'Sigmoid',
    'Tanh',
    'HardSwish',
    'Elu',
    'Softplus',
    'Gelu',
    'Exp',
    'Erf',
    'Abs',
    'Neg',
    'Reciprocal',
    'HardSigmoid',
    'LeakyRelu',
  ].map((op): [string, Graph] => [op, single(op, IMAGE)]),
  ['Gelu tanh', single('Gelu', IMAGE, [], { approximate: 'tanh' })],
  ['Clip', single('Clip', IMAGE, [tensor.scalar(-0.5), tensor.scalar(0.5)])],
  ['PRelu', single('PRelu', IMAGE, [weights(6, 1, 1)])],
  ['Log and Sqrt', graphOf(IMAGE, (b) => b.op('Log', [b.op('Sqrt', [b.op('Exp', ['x'])])]))],
  ['Pow', graphOf(IMAGE, (b) => b.op('Pow', [b.op('Exp', ['x']), b.scalar(1.7)]))],
  ['Div', graphOf(IMAGE, (b) => b.op('Div', ['x', b.op('Exp', ['x'])]))],
  [
    'gate, summed over the image',
    graphOf(IMAGE, (b) => b.op('Mul', ['x', b.op('Sigmoid', [b.op('GlobalAveragePool', ['x'])])])),
  ],
  [
    'gate, summed over channels',
    graphOf(IMAGE, (b) => b.op('Mul', ['x', b.op('Conv', ['x', b.constant(weights(1, 6, 1, 1))])])),
  ],
  [
    'gate, summed over the last axis',
    graphOf(IMAGE, (b) => b.op('Mul', ['x', b.op('MatMul', ['x', b.constant(weights(7, 1))])])),
  ],
  ['MaxPool 2×2', single('MaxPool', WIDE, [], square(2, 2, 0))],
  ['MaxPool 3×3 stride 2', single('MaxPool', IMAGE, [], square(3, 2, 1))],
  ['GlobalMaxPool', single('GlobalMaxPool', IMAGE)],
  ['Max', graphOf(IMAGE, (b) => b.op('Max', ['x', b.op('Neg', ['x'])]))],
  ['AveragePool, tiling', single('AveragePool', WIDE, [], square(2, 2, 0))],
  ['AveragePool, stride 1', single('AveragePool', IMAGE, [], square(3, 1, 1))],
  ['AveragePool, overlapping', single('AveragePool', IMAGE, [], square(3, 2, 1))],
  [
    'GlobalAveragePool before Conv',
    graphOf(IMAGE, (b) => b.op('GlobalAveragePool', [b.op('Conv', ['x', b.constant(weights(5, 6, 3, 3))])])),
  ],
  ['BatchNormalization', single('BatchNormalization', IMAGE, [weights(6), weights(6), weights(6), positive(6)])],
  ['LayerNormalization', single('LayerNormalization', ['N', 5, 13], [weights(13)])],
  ['LayerNormalization over several axes', single('LayerNormalization', IMAGE, [weights(6, 9, 7)], { axis: 1 })],
  ['InstanceNormalization', single('InstanceNormalization', IMAGE, [positive(6), weights(6)])],
  ['Softmax', single('Softmax', ['N', 37])],
  ['Softmax over channels', single('Softmax', IMAGE, [], { axis: 1 })],
  ['LogSoftmax over rows', single('LogSoftmax', IMAGE, [], { axis: 2 })],
  ['ReduceMean', single('ReduceMean', IMAGE, [ints(1)])],
  [
    'Concat, Slice, Pad',
    graphOf(IMAGE, (b) => b.op('Concat', ['x', b.op('Slice', ['x', b.shape(1), b.shape(4), b.shape(1)])], { axis: 1 })),
  ],
  ['Split', graphOf(IMAGE, (b) => b.ops('Split', ['x'], 2, { axis: 1, num_outputs: 2 })[1])],
  ['Slice with steps', single('Slice', IMAGE, [ints(0, 0), ints(9, 7), ints(2, 3), ints(2, 2)])],
  ['Pad reflect', single('Pad', IMAGE, [ints(0, 1, 1, 2, 0, 0, 3, 0)], { mode: 'reflect' })],
  ['Gather', single('Gather', IMAGE, [ints(5, 0, 0)], { axis: 1 })],
  [
    'Resize linear',
    single('Resize', IMAGE, [undefined, tensor.float32([4], [1, 1, 1.5, 2])], { mode: 'linear', ...half }),
  ],
  [
    'Resize nearest',
    single('Resize', IMAGE, [undefined, tensor.float32([4], [1, 1, 2, 2])], { mode: 'nearest', ...half }),
  ],
  ['DepthToSpace CRD', single('DepthToSpace', ['N', 12, 5, 3], [], { blocksize: 2, mode: 'CRD' })],
  ['Where', graphOf(IMAGE, (b) => b.op('Where', [b.op('Greater', ['x', b.scalar(0)]), b.op('Exp', ['x']), 'x']))],
];

/** The runtime's kernels whose bits depend on where a row lies in its batch. */
const POSITION_DEPENDENT = [
  'ReduceSum',
  'ReduceMean',
  'Log',
  'Softplus',
  'Elu',
  'Selu',
  'Mish',
  'InstanceNormalization',
  'LRN',
];

describe("a row's gradient keeps its bits in every batch", () => {
  test.each(CASES)('%s', async (_title, graph) => {
    const derived = gradientGraph(graph);
    const emitted = derived.graph.nodes.slice(graph.nodes.length).map((node) => node.op);
    for (const op of POSITION_DEPENDENT) expect(emitted).not.toContain(op);

    const shapes = [graph.inputs[0].dims, graph.outputs[0].dims].map((dims) => dims.slice(1).map(Number));
    const [pixels, outputs] = shapes.map(elementCount);
    const rows = Array.from({ length: 16 }, () => [weights(pixels).data, weights(outputs).data]);
    for (const threads of [1, 2]) {
      const session = await open(derived.graph, threads);
      const gradients = async (order: number[]) => {
        const feed = (part: number) => {
          const data = new Float32Array(order.flatMap((row) => [...rows[row][part]]));
          return { dims: [order.length, ...shapes[part]], data };
        };
        const { data } = (await evaluate(session, { x: feed(0), cotangent: feed(1) }))[derived.gradient];
        return order.map((_, place) =>
          Buffer.from(data.slice(place * pixels, (place + 1) * pixels).buffer).toString('hex'),
        );
      };
      const alone = new Map<number, string>();
      for (let row = 0; row < 16; row += 2)
        for (const [place, bits] of (await gradients([row, row + 1])).entries()) alone.set(row + place, bits);
      const orders = [
        [3, 3],
        [15, 0, 7, 1, 4],
        [6, 5, 4, 3, 2, 1, 0],
        [...Array(16).keys()],
        [...Array(16).keys()].toReversed(),
      ];
      for (const order of orders)
        for (const [place, bits] of (await gradients(order)).entries())
          expect(
            bits === alone.get(order[place]),
            `row ${order[place]} at ${place} of ${order.length}, ${threads} threads`,
          ).toBe(true);
      await session.release();
    }
  });
});
