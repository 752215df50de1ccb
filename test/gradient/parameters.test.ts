/** Gradients for weights: convolution kernels, biases, matrices and batch statistics, against central differences and closed forms. */
import { describe, expect, test } from 'vitest';
import { differentiateAll } from '../../src/onnx/gradient/index.ts';
import { type Attribute, GraphBuilder, tensor } from '../../src/onnx/graph.ts';
import { checkGradient, Draw, evaluate, graphOf, open } from './harness.ts';

/** A convolution of constant images whose kernel is the input that is differentiated for. */
function byKernel(seed: number, rank: number, batch: number) {
  const draw = new Draw(seed);
  const group = draw.pick([1, 1, 2, 3]);
  const kernel = [group * draw.int(1, 3), draw.int(1, 3), ...Array.from({ length: rank }, () => draw.int(1, 3))];
  const spatial = Array.from({ length: rank }, () => draw.int(5, 9));
  const images = draw.normals([batch, kernel[1] * group, ...spatial]);
  const attributes: Record<string, Attribute> = {
    group,
    kernel_shape: kernel.slice(2),
    strides: spatial.map(() => draw.int(1, 3)),
    dilations: spatial.map(() => draw.int(1, 2)),
    pads: [...spatial, ...spatial].map(() => draw.int(0, 2)),
  };
  return graphOf(kernel, (b) => b.op('Conv', [b.constant(images), 'x'], attributes));
}

describe('a convolution’s kernel', () => {
  test.each([1, 2])('%i-D, random strides, dilations, groups and padding', async (rank) => {
    for (let seed = 0; seed < 40; seed++) await checkGradient(byKernel(seed, rank, 3), { seed, step: 0.1 });
  });

  test('images in several portions add up', async () => {
    const images = new Draw(3).normals([7, 40, 64, 64]);
    const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] };
    const graph = graphOf([2, 40, 3, 3], (b) => b.op('Conv', [b.constant(images), 'x'], attributes));
    await checkGradient(graph, { step: 0.1 });
  });

  test('an impulse picks the image', async () => {
    // y[i] = Σ w[k]·x[i + k]: dy[1]/dw = x at places 1, 2, 3.
    const graph = graphOf([1, 1, 3], (b) =>
      b.op('Conv', [b.constant(tensor.float32([1, 1, 5], [2, 3, 5, 7, 11])), 'x']),
    );
    const builder = new GraphBuilder(graph);
    builder.input('cotangent', 'float32', [1, 1, 3]);
    const [gradient] = differentiateAll(builder, {
      output: graph.outputs[0].name,
      cotangent: 'cotangent',
      inputs: ['x'],
    });
    graph.outputs = [{ name: gradient, type: 'float32', dims: [1, 1, 3] }];
    const results = await evaluate(await open(graph), {
      x: { dims: [1, 1, 3], data: new Float32Array(3) },
      cotangent: { dims: [1, 1, 3], data: Float32Array.of(0, 1, 0) },
    });
    expect([...results[gradient].data]).toEqual([3, 5, 7]);
  });

  test('its bias', async () => {
    const [images, kernel] = [new Draw(1).normals([3, 2, 5, 4]), new Draw(2).normals([4, 2, 3, 3])];
    await checkGradient(
      graphOf([4], (b) => b.op('Conv', [b.constant(images), b.constant(kernel), 'x'])),
      { step: 0.1 },
    );
  });

  test('one thread or two, the same bits', async () => {
    const images = new Draw(5).normals([32, 16, 16, 16]);
    const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
    const graph = graphOf([16, 16, 3, 3], (b) => b.op('Conv', [b.constant(images), 'x'], attributes));
    const builder = new GraphBuilder(graph);
    builder.input('cotangent', 'float32', [32, 16, 16, 16]);
    const [gradient] = differentiateAll(builder, {
      output: graph.outputs[0].name,
      cotangent: 'cotangent',
      inputs: ['x'],
    });
    graph.outputs = [{ name: gradient, type: 'float32', dims: [16, 16, 3, 3] }];
    const cotangent = new Draw(6).normals([32, 16, 16, 16]);
    const kernel = new Draw(7).normals([16, 16, 3, 3]);
    const [one, two] = await Promise.all(
      [1, 2].map(async (threads) => evaluate(await open(graph, threads), { x: kernel, cotangent })),
    );
    expect(two[gradient].data).toEqual(one[gradient].data);
  });
});

describe('matrices', () => {
  test.each([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ])('Gemm with transA %i, transB %i: weights and bias', async (transA, transB) => {
    const draw = new Draw(9);
    const a = draw.normals(transA ? [5, 3] : [3, 5]);
    const weights = transB ? [4, 5] : [5, 4];
    const attributes = { transA, transB, alpha: 0.5, beta: 2 };
    await checkGradient(
      graphOf(weights, (b) => b.op('Gemm', [b.constant(a), 'x', b.constant(draw.normals([4]))], attributes)),
      { step: 0.1 },
    );
    await checkGradient(
      graphOf([4], (b) => b.op('Gemm', [b.constant(a), b.constant(draw.normals(weights)), 'x'], attributes)),
      { step: 0.1 },
    );
  });

  test('MatMul and Add', async () => {
    const a = new Draw(4).normals([3, 5]);
    await checkGradient(
      graphOf([5, 4], (b) => b.op('MatMul', [b.constant(a), 'x'])),
      { step: 0.1 },
    );
    await checkGradient(
      graphOf([5], (b) => b.op('Add', [b.constant(a), 'x'])),
      { step: 0.1 },
    );
  });
});

describe('batch statistics', () => {
  const statistics = (b: GraphBuilder) => [
    b.constant(tensor.float32([3], [0, 0, 0])),
    b.constant(tensor.float32([3], [1, 1, 1])),
  ];
  /** Mean and variance come out where momentum is 0. */
  const normalise = (b: GraphBuilder, inputs: string[]) => {
    const outputs = b.ops('BatchNormalization', [...inputs, ...statistics(b)], 3, { training_mode: 1, momentum: 0 });
    b.graph.nodes[b.graph.nodes.length - 1].floatAttributes = ['momentum'];
    return outputs;
  };
  const draw = new Draw(8);
  const images = draw.normals([4, 3, 5, 2]);
  const [scale, shift] = [draw.normals([3]), draw.normals([3])];

  test('images', async () => {
    await checkGradient(
      graphOf([4, 3, 5, 2], (b) => normalise(b, ['x', b.constant(scale), b.constant(shift)])[0]),
      { step: 1e-2 },
    );
  });

  test('scale and shift', async () => {
    await checkGradient(
      graphOf([3], (b) => normalise(b, [b.constant(images), 'x', b.constant(shift)])[0]),
      { step: 0.1 },
    );
    await checkGradient(
      graphOf([3], (b) => normalise(b, [b.constant(images), b.constant(scale), 'x'])[0]),
      { step: 0.1 },
    );
  });

  test('the runtime’s mean and variance are the batch’s, the variance over n', async () => {
    const graph = graphOf([4, 3, 5, 2], (b) => normalise(b, ['x', b.constant(scale), b.constant(shift)])[0]);
    const [node] = graph.nodes;
    graph.outputs = node.outputs.map((name) => ({ name, type: 'float32', dims: [], undeclared: 'shape' }));
    const results = await evaluate(await open(graph), { x: images });
    for (let channel = 0; channel < 3; channel++) {
      const values = [...images.data].filter((_, i) => Math.floor(i / 10) % 3 === channel);
      const mean = values.reduce((sum, value) => sum + value, 0) / 40;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 40;
      expect(results[node.outputs[1]].data[channel]).toBeCloseTo(mean, 5);
      expect(results[node.outputs[2]].data[channel]).toBeCloseTo(variance, 5);
    }
  });
});
