/** What the network sees: the saliency against finite differences of the shipped file, the maps against activations computed by hand. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelPlan } from '../../src/config/plan.ts';
import { OnnxModel } from '../../src/engine/onnx-model.ts';
import { openSight } from '../../src/engine/sight.ts';
import { emptyGraph, GraphBuilder, tensor } from '../../src/onnx/graph.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { createRandom } from '../../src/random.ts';

const shape = { channels: 3, height: 6, width: 4 };
const PLACES = 24;
const MEAN = 0.5;
const STD = 0.25;
let folder: string;

/** A 1×1 convolution from 3 to 2 channels, so that its maps are sums of three pixels; an operator; a linear layer. */
const kernel = [1, -2, 0.5, -1, 0.25, 3];

async function network(name: string, operator: string): Promise<ModelPlan> {
  const random = createRandom('sight', name);
  const b = new GraphBuilder(emptyGraph(name));
  const images = b.input('images', 'float32', ['N', 3, 6, 4]);
  const convolved = b.op('Conv', [images, b.constant(tensor.float32([2, 3, 1, 1], kernel))], { kernel_shape: [1, 1] });
  const features = b.op(operator, [convolved]);
  const linear = Array.from({ length: 2 * PLACES * 3 }, () => random.normal());
  const logits = b.op('Gemm', [b.op('Flatten', [features]), b.constant(tensor.float32([2 * PLACES, 3], linear))]);
  b.graph.outputs = [{ name: logits, type: 'float32', dims: ['N', 3] }];
  const path = join(folder, `${name}.onnx`);
  await writeFile(path, writeModel(b.graph));
  return { name, path, preprocessing: { mean: [MEAN], std: [STD], channels: 'rgb', layout: 'auto', range: [0, 1] } };
}

const images = [0, 1].map((i) => {
  const random = createRandom('sight image', i);
  return new Float32Array(3 * PLACES).map(() => random.uniform(0.1, 0.9));
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofhouse-sight-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('what a network sees', () => {
  it('the saliency is the largest central difference of the answer’s logit over the channels', async () => {
    const plan = await network('smooth', 'Tanh');
    const model = await OnnxModel.open(plan, { threads: 1, batchSize: 8, shape });
    const sight = await openSight(plan, shape);
    const answers = [2, 0];
    const seen = await sight?.look(images, answers);
    const step = 1e-3;
    for (const [i, image] of images.entries()) {
      const moved = Array.from(image, (_, at) =>
        [step, -step].map((by) => image.map((value, j) => (j === at ? value + by : value))),
      ).flat();
      const logits = await model.judge(moved);
      const slopes = Array.from(image, (_, at) =>
        Math.abs((logits[2 * at][answers[i]] - logits[2 * at + 1][answers[i]]) / (2 * step)),
      );
      for (let place = 0; place < PLACES; place++)
        expect(seen?.[i].saliency.values[place]).toBeCloseTo(
          Math.max(slopes[place], slopes[place + PLACES], slopes[place + 2 * PLACES]),
          1,
        );
    }
    await sight?.close();
    await model.close();
  });

  it('a layer’s map is the mean of its absolute activations over the channels', async () => {
    const sight = await openSight(await network('rectified', 'Relu'), shape);
    expect(sight?.layers).toHaveLength(1);
    const [{ layers }] = (await sight?.look(images.slice(0, 1), [0])) ?? [];
    expect(layers[0]).toMatchObject({ height: 6, width: 4 });
    for (let place = 0; place < PLACES; place++) {
      const seen = [0, 1, 2].map((c) => (images[0][c * PLACES + place] - MEAN) / STD);
      const activations = [0, 1].map((k) =>
        Math.max(
          0,
          seen.reduce((sum, value, c) => sum + kernel[3 * k + c] * value, 0),
        ),
      );
      expect(layers[0].values[place]).toBeCloseTo((activations[0] + activations[1]) / 2, 4);
    }
    await sight?.close();
  });

  it('is the same for an image alone and beside another', async () => {
    const sight = await openSight(await network('pair', 'Relu'), shape);
    const together = await sight?.look(images, [0, 1]);
    const alone = await sight?.look(images.slice(1), [1]);
    expect(alone?.[0]).toEqual(together?.[1]);
    await sight?.close();
  });

  it('is nothing where no gradient can be derived', async () => {
    expect(await openSight(await network('stairs', 'Round'), shape)).toBeUndefined();
  });
});
