/** Operators that rearrange, select, multiply by matrices, reduce and normalise, against central differences. */
import { describe, test } from 'vitest';
import type { Attribute, Tensor } from '../../src/onnx/graph.ts';
import { tensor } from '../../src/onnx/graph.ts';
import { checkGradient, Draw, graphOf, single } from './harness.ts';

const IMAGE = ['N', 4, 6, 8];
const ints = (...values: number[]) => tensor.int64([values.length], values);
const linear = { step: 0.1 };

describe('rearranging', () => {
  const cases: [op: string, constants: Tensor[], attributes?: Record<string, Attribute>][] = [
    ['Flatten', []],
    ['Flatten', [], { axis: 3 }],
    ['Reshape', [ints(0, 8, -1)]],
    ['Reshape', [ints(-1, 24)]],
    ['Unsqueeze', [ints(1, -1)]],
    ['Transpose', [], { perm: [0, 2, 3, 1] }],
    ['Transpose', [], { perm: [2, 0, 3, 1] }],
    ['Transpose', []],
    ['DepthToSpace', [], { blocksize: 2 }],
    ['DepthToSpace', [], { blocksize: 2, mode: 'CRD' }],
    ['SpaceToDepth', [], { blocksize: 2 }],
    ['Expand', [ints(3, 1, 1, 1, 8)]],
    ['Slice', [ints(1), ints(3), ints(1)]],
    ['Slice', [ints(0, -5), ints(2 ** 31 - 1, 100), ints(0, -1)]],
    ['Slice', [ints(0, 1), ints(6, 8), ints(2, 3), ints(2, 3)]],
    ['Slice', [ints(-1, 5), ints(-100, 1), ints(3, 2), ints(-1, -2)]],
    ['Pad', [ints(0, 0, 1, 2, 0, 0, 3, 0)]],
    ['Pad', [ints(0, 0, -1, 2, 0, 0, 1, -3)]],
    ['Pad', [ints(1, 0, 2, 0), tensor.scalar(7), ints(1, -1)]],
    ['Pad', [ints(0, 0, 1, 2, 0, 0, 3, 4)], { mode: 'reflect' }],
    ['Pad', [ints(0, 1, 1, 2, 0, 0, 3, 4)], { mode: 'edge' }],
    ['Pad', [ints(0, 0, 1, 2, 0, 0, 3, 4)], { mode: 'wrap' }],
    ['Gather', [ints(2, 0, 2, -1)], { axis: 1 }],
    ['Gather', [ints(1, 2, 3)], { axis: 2 }],
    ['Gather', [tensor.int64([], [1])], { axis: 3 }],
    ['Gather', [tensor.int64([2, 2], [0, 5, 5, 3])], { axis: -1 }],
    ['ReduceSum', [ints(2, 3)]],
    ['ReduceSum', [ints(1)], { keepdims: 0 }],
    ['ReduceMean', [ints(2, 3)], { keepdims: 0 }],
    ['ReduceMean', [ints(-1)]],
    ['ReduceMean', [], { noop_with_empty_axes: 1 }],
  ];
  test.each(cases)('%s (case %#)', async (op, constants, attributes) => {
    await checkGradient(single(op, IMAGE, constants, attributes), linear);
  });

  test('Squeeze', async () => {
    await checkGradient(single('Squeeze', ['N', 1, 5, 1], [ints(1, 3)]), linear);
    await checkGradient(single('Squeeze', ['N', 1, 5, 1], [ints(-1)]), linear);
  });

  test('Concat of parts that depend on x and parts that do not', async () => {
    const graph = graphOf(IMAGE, (b) =>
      b.op('Concat', ['x', b.op('Neg', ['x']), b.op('Sin', [b.constant(new Draw(1).normals([2, 4, 6, 8]))]), 'x'], {
        axis: 1,
      }),
    );
    await checkGradient(graph, linear);
  });

  test('Split, all parts used and some', async () => {
    for (const used of [[0, 1, 2], [1], [0, 2]]) {
      const graph = graphOf(IMAGE, (b) => {
        const parts = b.ops('Split', ['x', b.constant(ints(1, 2, 1))], 3, { axis: 1 });
        return b.op(
          'Concat',
          used.map((part) => b.op('Exp', [parts[part]])),
          { axis: 1 },
        );
      });
      await checkGradient(graph);
    }
  });

  test('Where, either branch, with a condition computed from x', async () => {
    const graph = graphOf(IMAGE, (b) => {
      const condition = b.op('Greater', ['x', b.scalar(0)]);
      return b.op('Where', [condition, b.op('Mul', ['x', b.scalar(3)]), b.op('Neg', ['x'])]);
    });
    await checkGradient(graph, { at: new Draw(1).spaced([2, 4, 6, 8], 0.01), step: 0.004 });
  });
});

describe('Resize', () => {
  const modes = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric', 'half_pixel_symmetric'];
  test.each(modes)('%s, nearest and linear, to random sizes', async (coordinates) => {
    for (let seed = 0; seed < 12; seed++) {
      const draw = new Draw(seed);
      const attributes = {
        coordinate_transformation_mode: coordinates,
        mode: draw.pick(['nearest', 'linear']),
        nearest_mode: draw.pick(['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']),
      };
      const sizes = ints(2, 4, draw.int(3, 14), draw.int(3, 14));
      await checkGradient(single('Resize', [2, 4, 6, 8], [undefined, undefined, sizes], attributes), linear);
    }
  });

  test('by scales, repeated pixels and others', async () => {
    const attributes = { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
    for (const scale of [2, 3, 1.5, 0.5]) {
      const scales = tensor.float32([4], [1, 1, scale, 2]);
      for (const mode of ['nearest', 'linear'])
        await checkGradient(single('Resize', IMAGE, [undefined, scales], { ...attributes, mode }), linear);
    }
  });
});

describe('products with matrices', () => {
  const bias = new Draw(1).normals([5]);
  test.each([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ])('Gemm, x on the left, transA %i, transB %i', async (transA, transB) => {
    const weights = new Draw(2).normals(transB ? [5, 4] : [4, 5]);
    const attributes = { transA, transB, alpha: 0.5, beta: 2 };
    await checkGradient(single('Gemm', transA ? [4, 3] : [3, 4], [weights, bias], attributes), linear);
  });

  test.each([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ])('Gemm, x on the right and as the bias, transA %i, transB %i', async (transA, transB) => {
    const weights = new Draw(3).normals(transA ? [5, 3] : [3, 5]);
    const graph = graphOf(transB ? [4, 5] : [5, 4], (b) =>
      b.op('Gemm', [b.constant(weights), 'x'], { transA, transB, alpha: 0.5 }),
    );
    await checkGradient(graph, linear);
    for (const dims of [[3, 4], [4], [3, 1]]) {
      const [left, right] = [new Draw(4).normals([3, 2]), new Draw(5).normals([2, 4])];
      const biased = graphOf(dims, (b) => b.op('Gemm', [b.constant(left), b.constant(right), 'x'], { beta: 3 }));
      await checkGradient(biased, linear);
    }
  });

  test('MatMul by a constant matrix, at any rank and from the left', async () => {
    const weights = new Draw(6).normals([8, 5]);
    for (const dims of [
      ['N', 8],
      ['N', 3, 8],
      ['N', 2, 3, 8],
    ])
      await checkGradient(single('MatMul', dims, [weights]), linear);
    await checkGradient(
      graphOf(['N', 5, 3], (b) => b.op('MatMul', [b.constant(weights), 'x'])),
      linear,
    );
  });

  test('MatMul of two values that depend on x, as in attention', async () => {
    const graph = graphOf(['N', 2, 5, 4], (b) => {
      const scores = b.op('Softmax', [b.op('MatMul', ['x', b.op('Transpose', ['x'], { perm: [0, 1, 3, 2] })])]);
      return b.op('MatMul', [scores, 'x']);
    });
    await checkGradient(graph, { step: 5e-3 });
  });
});

describe('softmax', () => {
  test.each(['Softmax', 'LogSoftmax'])('%s along every axis', async (op) => {
    for (const axis of [1, 2, -1]) await checkGradient(single(op, IMAGE, [], { axis }));
    await checkGradient(single(op, ['N', 10]));
  });
});

const positive = (size: number): Tensor =>
  tensor.float32(
    [size],
    new Draw(9).normals([size]).data.map((value) => 0.5 + Math.abs(value)),
  );

describe('normalisation', () => {
  test('BatchNormalization at inference', async () => {
    const [scale, bias, mean] = [1, 2, 3].map((seed) => new Draw(seed).normals([4]));
    const constants = [scale, bias, mean, positive(4)];
    await checkGradient(single('BatchNormalization', IMAGE, constants, { epsilon: 1e-3 }), linear);
    await checkGradient(single('BatchNormalization', ['N', 4], constants), linear);
  });

  test('LayerNormalization over the last axis and over several', async () => {
    await checkGradient(single('LayerNormalization', ['N', 5, 13], [positive(13), new Draw(1).normals([13])]));
    const scale = new Draw(2).normals([4, 6, 8]);
    await checkGradient(single('LayerNormalization', IMAGE, [scale], { axis: 1, epsilon: 1e-2 }));
  });

  test('InstanceNormalization', async () => {
    const bias = new Draw(1).normals([4]);
    await checkGradient(single('InstanceNormalization', IMAGE, [positive(4), bias]));
    await checkGradient(single('InstanceNormalization', ['N', 4, 9], [positive(4), bias], { epsilon: 0.1 }));
  });
});
