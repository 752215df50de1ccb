/** Layer tables against published numbers, and the explanation of image sizes that do not fit. */
import { describe, expect, it } from 'vitest';
import type { Graph, GraphBuilder } from '../../src/onnx/graph.ts';
import { tensor } from '../../src/onnx/graph.ts';
import { explainImageSize, summarise } from '../../src/onnx/summary.ts';
import { build } from './models.ts';

const zeros = (builder: GraphBuilder, ...dims: number[]) =>
  builder.constant(tensor.float32(dims, new Float32Array(dims.reduce((a, b) => a * b, 1))));

function conv(builder: GraphBuilder, x: string, [inputs, outputs, kernel, stride, pad]: number[], bias = true): string {
  const weights = [zeros(builder, outputs, inputs, kernel, kernel), ...(bias ? [zeros(builder, outputs)] : [])];
  return builder.op('Conv', [x, ...weights], { strides: [stride, stride], pads: [pad, pad, pad, pad] });
}

const pool = (builder: GraphBuilder, x: string, kernel: number, stride: number) =>
  builder.op('MaxPool', [x], { kernel_shape: [kernel, kernel], strides: [stride, stride] });

const image = (size: number) => [{ name: 'x', type: 'float32' as const, dims: ['N', 3, size, size] }];

/** The convolutions of VGG-16 (Simonyan and Zisserman 2015, arXiv:1409.1556, configuration D). */
const vgg16 = build(image(224), (builder) => {
  let [x, channels] = ['x', 3];
  for (const [width, depth] of [
    [64, 2],
    [128, 2],
    [256, 3],
    [512, 3],
    [512, 3],
  ]) {
    for (let layer = 0; layer < depth; layer++) {
      x = builder.op('Relu', [conv(builder, x, [channels, width, 3, 1, 1])]);
      channels = width;
    }
    x = pool(builder, x, 2, 2);
  }
  return x;
});

/** The convolutions of AlexNet (Krizhevsky 2014, arXiv:1404.5997, as in torchvision). */
const alexNet = build(image(224), (builder) => {
  let x = pool(builder, builder.op('Relu', [conv(builder, 'x', [3, 64, 11, 4, 2])]), 3, 2);
  x = pool(builder, builder.op('Relu', [conv(builder, x, [64, 192, 5, 1, 2])]), 3, 2);
  x = conv(builder, conv(builder, conv(builder, x, [192, 384, 3, 1, 1]), [384, 256, 3, 1, 1]), [256, 256, 3, 1, 1]);
  return pool(builder, x, 3, 2);
});

describe('summarise', () => {
  it('counts what torchvision states for VGG-16 without its classifier', () => {
    const { totals, outputs } = summarise(vgg16);
    expect(outputs[0].dims).toEqual(['N', 512, 7, 7]);
    expect(totals).toEqual({ parameters: 14_714_688, macs: 15_346_630_656, uncounted: 0 });
  });

  // Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill 2019, table of networks.
  it.each([
    ['VGG-16', vgg16, 212, 32],
    ['AlexNet', alexNet, 195, 32],
  ])('finds the published receptive field of %s', (_, graph, size, jump) => {
    expect(summarise(graph).layers.at(-1)?.receptiveField).toEqual({ size: [size, size], jump: [jump, jump] });
  });

  it('sees the whole image through global pooling, and branches by the wider one', () => {
    const graph = build(image(8), (builder) => {
      const wide = conv(builder, 'x', [3, 3, 5, 1, 2]);
      const joined = builder.op('Add', [wide, 'x']);
      return builder.op('Mul', [joined, builder.op('Sigmoid', [builder.op('GlobalAveragePool', [joined])])]);
    });
    const fields = summarise(graph).layers.map(({ op, receptiveField }) => [op, receptiveField]);
    const five = { size: [5, 5], jump: [1, 1] };
    expect(fields).toEqual([
      ['Conv', five],
      ['Add', five],
      ['GlobalAveragePool', 'image'],
      ['Sigmoid', 'image'],
      ['Mul', 'image'],
    ]);
  });

  it('undoes a stride with a transposed convolution', () => {
    const graph = build(image(8), (builder) => {
      const down = conv(builder, 'x', [3, 4, 2, 2, 0]);
      return builder.op('ConvTranspose', [down, zeros(builder, 4, 3, 2, 2)], { strides: [2, 2] });
    });
    expect(summarise(graph).layers.map(({ receptiveField }) => receptiveField)).toEqual([
      { size: [2, 2], jump: [2, 2] },
      { size: [2, 2], jump: [1, 1] },
    ]);
  });

  it('counts shared weights once, grouped convolutions by their groups, and matrix products', () => {
    const graph = build([{ name: 'x', type: 'float32', dims: ['N', 4, 5, 5] }], (builder) => {
      const weight = zeros(builder, 4, 2, 3, 3);
      const attributes = { group: 2, pads: [1, 1, 1, 1] };
      const twice = builder.op('Conv', [builder.op('Conv', ['x', weight], attributes), weight], attributes);
      const flat = builder.op('Flatten', [twice]);
      return builder.op('Gemm', [flat, zeros(builder, 10, 100), zeros(builder, 10)], { transB: 1 });
    });
    const { layers, totals } = summarise(graph);
    expect(layers.map(({ parameters, macs }) => [parameters, macs])).toEqual([
      [72, 1800],
      [72, 1800],
      [0, 0],
      [1010, 1000],
    ]);
    expect(totals).toEqual({ parameters: 1082, macs: 4600, uncounted: 0 });
  });

  it('takes the image size that a file leaves open', () => {
    const graph = build([{ name: 'x', type: 'float32', dims: ['N', 3, 'H', 'W'] }], (builder) =>
      conv(builder, 'x', [3, 4, 3, 2, 1]),
    );
    expect(summarise(graph).totals).toEqual({ parameters: 112, macs: 0, uncounted: 1 });
    expect(summarise(graph, [16, 32]).layers[0]).toMatchObject({ shape: ['N', 4, 8, 16], macs: 4 * 8 * 16 * 27 });
  });
});

const network = (end: (builder: GraphBuilder, x: string) => string): Graph =>
  build(image(32), (builder) => end(builder, conv(builder, 'x', [3, 16, 3, 2, 1])));

describe('explainImageSize', () => {
  const flattened = network((builder, x) => builder.op('Gemm', [builder.op('Flatten', [x]), zeros(builder, 4096, 10)]));
  const reshaped = network((builder, x) =>
    builder.op('MatMul', [builder.op('Reshape', [x, builder.shape(-1, 4096)]), zeros(builder, 4096, 10)]),
  );
  const pooled = network((builder, x) =>
    builder.op('MatMul', [builder.op('Flatten', [builder.op('GlobalAveragePool', [x])]), zeros(builder, 16, 10)]),
  );

  it('names the layer that flattened pixels meet, both numbers and the mend', () => {
    const text = explainImageSize(flattened, [64, 48]);
    expect(text).toMatch(
      /"Gemm" node .* takes 4096 values per image, as images of 32 by 32 give; images of 64 by 48 give 12288\./,
    );
    expect(text).toMatch(/Resize the images to 32 by 32, or use a network with global average pooling/);
  });

  it('notices a Reshape that would make several rows of one image', () => {
    expect(explainImageSize(reshaped, [64, 64])).toMatch(
      /"Reshape" node .* takes 16384|"Reshape" node .* takes 4096 values|"Reshape"/,
    );
    expect(explainImageSize(reshaped, [48, 40])).toMatch(/"Reshape" node .* takes 4096 .* give 7680/);
    expect(explainImageSize(reshaped, [64, 64])).toMatch(/4096.*16384/);
  });

  it('has nothing to say where the size fits', () => {
    expect(explainImageSize(flattened, [32, 32])).toBeUndefined();
    expect(explainImageSize(pooled, [64, 48])).toBeUndefined();
  });

  it('explains images smaller than a kernel', () => {
    const graph = build(image(32), (builder) => builder.op('Flatten', [conv(builder, 'x', [3, 4, 7, 1, 0])]));
    expect(explainImageSize(graph, [5, 5])).toMatch(/Images of 5 by 5 do not fit.*reaches over 7 pixels/s);
  });
});
