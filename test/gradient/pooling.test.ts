/** Pools against central differences over random windows, and who gets the gradient of tied maxima. */
import { describe, expect, test } from 'vitest';
import type { Attribute } from '../../src/onnx/graph.ts';
import { elementCount } from '../../src/onnx/graph.ts';
import { checkGradient, Draw, evaluate, gradientGraph, open, single } from './harness.ts';

function randomPool(draw: Draw, rank: number, dilated: boolean) {
  const spatial = Array.from({ length: rank }, () => draw.int(6, 10));
  const kernel = spatial.map(() => draw.int(1, 4));
  const autoPad = draw.pick(['NOTSET', 'NOTSET', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']);
  const dilations = spatial.map(() => (dilated && autoPad === 'NOTSET' ? draw.int(1, 2) : 1));
  // A pool's padding is smaller than its kernel.
  const pads = [...kernel, ...kernel].map((size) => draw.int(0, size - 1));
  const attributes: Record<string, Attribute> = {
    kernel_shape: kernel,
    // The runtime has no SAME padding for kernels smaller than their stride.
    strides: kernel.map((size) => draw.int(1, autoPad.startsWith('SAME') ? Math.min(size, 3) : 3)),
    dilations,
    ...(autoPad === 'NOTSET' ? { pads, ceil_mode: draw.int(0, 1) } : { auto_pad: autoPad }),
  };
  return { dims: ['N', 3, ...spatial], sizes: [2, 3, ...spatial], attributes };
}

describe('MaxPool', () => {
  test.each([1, 2])('%i-D, random windows', async (rank) => {
    for (let seed = 0; seed < 25; seed++) {
      const draw = new Draw(seed);
      const { dims, sizes, attributes } = randomPool(draw, rank, true);
      await checkGradient(single('MaxPool', dims, [], attributes), { seed, at: draw.spaced(sizes, 0.01), step: 0.004 });
    }
  });

  test('2×2 windows with stride 2, even and odd sizes', async () => {
    for (const [height, width] of [
      [8, 6],
      [7, 6],
      [2, 2],
    ]) {
      const graph = single('MaxPool', ['N', 3, height, width], [], { kernel_shape: [2, 2], strides: [2, 2] });
      await checkGradient(graph, { at: new Draw(1).spaced([2, 3, height, width], 0.01), step: 0.004 });
    }
  });

  test.each([
    ['without indices', 2, [1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1]],
    ['with indices', 3, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ])('ties go to the first in row-major order, %s', async (_, size, expected) => {
    const graph = single('MaxPool', [1, 1, 4, 4], [], { kernel_shape: [size, size], strides: [2, 2] });
    const derived = gradientGraph(graph);
    // biome-ignore format: an image
    const data = Float32Array.of(
      5, 5, 1, 1,
      5, 5, 2, 2,
      3, 1, 0, 0,
      1, 3, 0, 4,
    );
    const dims = size === 2 ? [1, 1, 2, 2] : [1, 1, 1, 1];
    const results = await evaluate(await open(derived.graph), {
      x: { dims: [1, 1, 4, 4], data },
      cotangent: { dims, data: new Float32Array(elementCount(dims)).fill(1) },
    });
    expect([...results[derived.gradient].data]).toEqual(expected);
  });
});

describe('AveragePool', () => {
  test.each([1, 2])('%i-D, random windows', async (rank) => {
    for (let seed = 0; seed < 40; seed++) {
      const draw = new Draw(seed);
      const { dims, attributes } = randomPool(draw, rank, true);
      attributes.count_include_pad = draw.int(0, 1);
      await checkGradient(single('AveragePool', dims, [], attributes), { seed, step: 0.1 });
    }
  });

  test('windows that tile the image', async () => {
    for (const kernel of [
      [2, 2],
      [4, 4],
      [2, 3],
    ]) {
      const graph = single('AveragePool', ['N', 3, 8, 12], [], { kernel_shape: kernel, strides: kernel });
      await checkGradient(graph, { step: 0.1 });
    }
  });
});

describe('global pools', () => {
  test.each(['GlobalAveragePool', 'GlobalMaxPool'])('%s, 1-D and 2-D', async (op) => {
    for (const spatial of [[7], [5, 6]]) {
      const at = new Draw(2).spaced([2, 3, ...spatial], 0.02);
      await checkGradient(single(op, ['N', 3, ...spatial]), { at, step: 0.009 });
    }
  });

  test('GlobalMaxPool: ties go to the first in row-major order', async () => {
    const derived = gradientGraph(single('GlobalMaxPool', [1, 1, 2, 2]));
    const results = await evaluate(await open(derived.graph), {
      x: { dims: [1, 1, 2, 2], data: Float32Array.of(1, 3, 3, 3) },
      cotangent: { dims: [1, 1, 1, 1], data: Float32Array.of(2) },
    });
    expect([...results[derived.gradient].data]).toEqual([0, 2, 0, 0]);
  });
});
