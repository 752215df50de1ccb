/** Conv and ConvTranspose against central differences over random geometry; both are linear, so differences are exact up to rounding. */
import { describe, expect, test } from 'vitest';
import type { Attribute } from '../../src/onnx/graph.ts';
import { tensor } from '../../src/onnx/graph.ts';
import { checkGradient, Draw, evaluate, gradientGraph, open, single } from './harness.ts';

interface Geometry {
  dims: (number | string)[];
  kernel: number[];
  group: number;
  strides: number[];
  same: boolean;
  attributes: Record<string, Attribute>;
}

function randomConvolution(draw: Draw, rank: number): Geometry {
  const group = draw.pick([1, 1, 2, 4]);
  const perGroup = draw.pick([1, 2, 3]);
  const channels = group * perGroup;
  const spatial = Array.from({ length: rank }, () => draw.int(6, 11));
  const kernel = spatial.map(() => draw.int(1, 4));
  const autoPad = draw.pick(['NOTSET', 'NOTSET', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']);
  const same = autoPad.startsWith('SAME');
  // The runtime has no dilation with SAME padding.
  const dilations = spatial.map(() => (same ? 1 : draw.int(1, 2)));
  const strides = spatial.map(() => draw.int(1, 3));
  const reach = kernel.map((size, axis) => (size - 1) * dilations[axis] + 1);
  const pads = [...reach, ...reach].map((size) => draw.int(0, Math.min(size - 1, 3)));
  return {
    dims: ['N', channels, ...spatial.map((size, axis) => Math.max(size, reach[axis]))],
    kernel: [group * draw.pick([1, 2, 3]), perGroup, ...kernel],
    group,
    strides,
    same,
    attributes: {
      group,
      dilations,
      strides,
      kernel_shape: kernel,
      ...(autoPad === 'NOTSET' ? { pads } : { auto_pad: autoPad }),
    },
  };
}

describe('Conv', () => {
  test.each([1, 2])('%i-D, random strides, dilations, groups and padding', async (rank) => {
    for (let seed = 0; seed < 40; seed++) {
      const draw = new Draw(seed);
      const { dims, kernel, attributes } = randomConvolution(draw, rank);
      await checkGradient(single('Conv', dims, [draw.normals(kernel)], attributes), { seed, step: 0.1 });
    }
  });

  test('depthwise, stride 1 and 2', async () => {
    for (const stride of [1, 2]) {
      const kernel = new Draw(stride).normals([6, 1, 3, 3]);
      const attributes = { group: 6, strides: [stride, stride], pads: [1, 1, 1, 1], kernel_shape: [3, 3] };
      await checkGradient(single('Conv', ['N', 6, 9, 9], [kernel], attributes), { step: 0.1 });
    }
  });

  test('padding beyond the kernel itself, which a flipped Conv cannot undo', async () => {
    const attributes = { pads: [2, 2, 2, 2], kernel_shape: [1, 1] };
    await checkGradient(single('Conv', ['N', 2, 4, 4], [new Draw(1).normals([3, 2, 1, 1])], attributes), { step: 0.1 });
  });

  test('an impulse comes back as the kernel', async () => {
    // y = Σ w[k]·x[i + k]: dy₁/dx = w at places 1, 2, 3.
    const { graph, gradient } = gradientGraph(single('Conv', [1, 1, 5], [tensor.float32([1, 1, 3], [2, 3, 5])]));
    const results = await evaluate(await open(graph), {
      x: { dims: [1, 1, 5], data: new Float32Array(5) },
      cotangent: { dims: [1, 1, 3], data: Float32Array.of(0, 1, 0) },
    });
    expect([...results[gradient].data]).toEqual([0, 2, 3, 5, 0]);
  });
});

describe('ConvTranspose', () => {
  test.each([1, 2])('%i-D, random strides, dilations, groups and padding', async (rank) => {
    for (let seed = 0; seed < 30; seed++) {
      const draw = new Draw(seed);
      const { dims, kernel, attributes, group, strides, same } = randomConvolution(draw, rank);
      // Kernels smaller than the stride leave gaps that SAME padding cannot fill.
      const spatial = kernel.slice(2).map((size, axis) => (same ? Math.max(size, strides[axis]) : size));
      // [C, M/g, …]: the transposed layout of a kernel.
      const weights = draw.normals([Number(dims[1]), kernel[0] / group, ...spatial]);
      const padding =
        'auto_pad' in attributes ? {} : { output_padding: strides.map((stride) => draw.int(0, stride - 1)) };
      Object.assign(attributes, { kernel_shape: spatial }, padding);
      await checkGradient(single('ConvTranspose', dims, [weights], attributes), { seed, step: 0.1 });
    }
  });
});
