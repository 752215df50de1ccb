/** Composed preprocessing, against the arithmetic written out by hand. */
import { describe, expect, it } from 'vitest';
import type { Preprocessing } from '../../src/config/plan.ts';
import type { Dim, Graph, GraphBuilder } from '../../src/onnx/graph.ts';
import { composePreprocessing } from '../../src/onnx/preprocess.ts';
import { build, largestDifference, numbers, run } from './models.ts';

const PLAIN: Preprocessing = { mean: [], std: [], channels: 'rgb', layout: 'auto', range: [0, 1] };

/** A network that shows its input: logits are the pixels it is given. */
const mirror = (dims: Dim[], write = (builder: GraphBuilder, x: string) => builder.op('Flatten', [x])): Graph =>
  build([{ name: 'x', type: 'float32', dims }], (builder) => write(builder, 'x'));

async function seen(graph: Graph, image: Float32Array): Promise<Float32Array> {
  const dims = [1, ...graph.inputs[0].dims.slice(1).map(Number)];
  return (await run(graph, { images: { dims, data: image } }))[graph.outputs[0].name].data;
}

const ops = (graph: Graph) => graph.nodes.map(({ op }) => op);

describe('composePreprocessing', () => {
  it('leaves an identity out and renames the input', () => {
    const graph = composePreprocessing(mirror(['N', 3, 2, 2]), PLAIN);
    expect(ops(graph)).toEqual(['Flatten']);
    expect(graph.inputs).toEqual([{ name: 'images', type: 'float32', dims: ['N', 3, 2, 2] }]);
  });

  it('scales to the range, subtracts the mean and divides by std, per channel', async () => {
    const graph = composePreprocessing(mirror(['N', 3, 2, 2]), {
      ...PLAIN,
      mean: [123, 117, 104],
      std: [58, 57, 56],
      range: [0, 255],
    });
    const image = numbers(12);
    const expected = image.map(
      (x, i) => (255 * x - [123, 117, 104][Math.floor(i / 4)]) / [58, 57, 56][Math.floor(i / 4)],
    );
    expect(largestDifference(await seen(graph, image), expected)).toBeLessThan(1e-6);
    expect(ops(graph)).toEqual(['Mul', 'Add', 'Flatten']);
  });

  it('turns RGB into BGR before the mean, which is in the file’s order', async () => {
    const graph = composePreprocessing(mirror(['N', 3, 1, 1]), { ...PLAIN, mean: [0.1, 0.2, 0.3], channels: 'bgr' });
    const expected = Float32Array.of(0.7 - 0.1, 0.5 - 0.2, 0.9 - 0.3);
    expect(largestDifference(await seen(graph, Float32Array.of(0.9, 0.5, 0.7)), expected)).toBeLessThan(1e-6);
  });

  it('reads NHWC from the shape and transposes', async () => {
    const graph = composePreprocessing(mirror(['N', 2, 2, 3]), PLAIN);
    expect(graph.inputs[0].dims).toEqual(['N', 3, 2, 2]);
    const image = numbers(12);
    expect(await seen(graph, image)).toEqual(
      Float32Array.from({ length: 12 }, (_, i) => image[(i % 3) * 4 + Math.floor(i / 3)]),
    );
  });

  it('meets a Transpose back to NCHW without a Transpose', async () => {
    const graph = composePreprocessing(
      mirror(['N', 2, 2, 3], (builder, x) =>
        builder.op('Flatten', [builder.op('Transpose', [x], { perm: [0, 3, 1, 2] })]),
      ),
      { ...PLAIN, range: [-1, 1] },
    );
    expect(ops(graph)).toEqual(['Mul', 'Add', 'Flatten']);
    const image = numbers(12);
    expect(
      largestDifference(
        await seen(graph, image),
        image.map((x) => 2 * x - 1),
      ),
    ).toBeLessThan(1e-6);
  });

  it('feeds gray networks gray images, and one mean serves all channels', async () => {
    const graph = composePreprocessing(mirror(['N', 1, 2, 2]), { ...PLAIN, channels: 'gray', mean: [0.5] });
    expect(graph.inputs[0].dims).toEqual(['N', 1, 2, 2]);
    expect(
      largestDifference(
        await seen(graph, numbers(4)),
        numbers(4).map((x) => x - 0.5),
      ),
    ).toBeLessThan(1e-6);
  });

  it('rounds for networks that take whole numbers, and casts scores to float32', async () => {
    const graph = build([{ name: 'images', type: 'uint8', dims: ['N', 3, 1, 1] }], (builder) =>
      builder.op('Cast', [builder.op('Flatten', ['images'])], { to: 11 }),
    );
    const composed = composePreprocessing(graph, { ...PLAIN, range: [0, 255] });
    expect(composed.outputs[0]).toMatchObject({ type: 'float32', dims: ['N', 3] });
    expect(await seen(composed, Float32Array.of(0.1, 0.5, 1))).toEqual(Float32Array.of(26, 128, 255));
  });

  it('takes the first output with one row per image, or the one of as many classes as asked for', () => {
    const graph = build([{ name: 'x', type: 'float32', dims: ['N', 3, 2, 2] }], (builder) => {
      const features = builder.op('Relu', ['x']);
      const pooled = builder.op('GlobalAveragePool', ['x']);
      return [features, pooled, builder.op('Flatten', ['x'])];
    });
    expect(composePreprocessing(graph, PLAIN).outputs[0].dims).toEqual(['N', 3]);
    expect(ops(composePreprocessing(graph, PLAIN))).toEqual(['GlobalAveragePool', 'Flatten']);
    expect(composePreprocessing(graph, PLAIN, 12).outputs).toMatchObject([
      { name: graph.outputs[2].name, dims: ['N', 12] },
    ]);
  });

  it('survives a network whose own values are called images', async () => {
    const graph = build([{ name: 'x', type: 'float32', dims: ['N', 3, 1, 1] }], (builder) =>
      builder.op('Flatten', ['x']),
    );
    graph.nodes.push({
      op: 'Neg',
      domain: '',
      name: '',
      inputs: graph.nodes[0].outputs,
      outputs: ['images'],
      attributes: {},
    });
    graph.outputs[0].name = 'images';
    expect(await seen(composePreprocessing(graph, PLAIN), Float32Array.of(1, 2, 3))).toEqual(
      Float32Array.of(-1, -2, -3),
    );
  });

  it.each<[string, Graph, Partial<Preprocessing>, RegExp]>([
    [
      'a gray image for an RGB network',
      mirror(['N', 3, 2, 2]),
      { channels: 'gray' },
      /"x".*has 3 channels \(NCHW\).*gray makes 1/,
    ],
    ['an RGB image for a gray network', mirror(['N', 1, 2, 2]), {}, /has 1 channels.*rgb makes 3/],
    [
      'a mean of another length',
      mirror(['N', 3, 2, 2]),
      { mean: [0, 0] },
      /mean has 2 values, but the model has 3 channels/,
    ],
    ['a std of zero', mirror(['N', 3, 2, 2]), { std: [1, 0, 1] }, /std \[1, 0, 1\] must be positive/],
    ['an input that is no image', mirror(['N', 12]), {}, /"x" float32 \[N, 12\] has 2 axes/],
    [
      'several inputs',
      build(
        [
          { name: 'a', type: 'float32', dims: ['N', 3, 2, 2] },
          { name: 'b', type: 'float32', dims: ['N', 1] },
        ],
        (builder) => builder.op('Flatten', ['a']),
      ),
      {},
      /2 inputs, "a" float32 \[N, 3, 2, 2\], "b" float32 \[N, 1\]/,
    ],
    ['no scores', mirror(['N', 3, 2, 2], (builder, x) => builder.op('Relu', [x])), {}, /No output.*\[N, 3, 2, 2\]/],
  ])('refuses %s', (_, graph, preprocessing, message) => {
    expect(() => composePreprocessing(graph, { ...PLAIN, ...preprocessing })).toThrow(message);
  });
});
