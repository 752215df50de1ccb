import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelPlan } from '../../src/config/plan.ts';
import { describeModel } from '../../src/engine/describe.ts';
import { OnnxModel } from '../../src/engine/onnx-model.ts';
import { lossNamed } from '../../src/loss/index.ts';
import { emptyGraph, GraphBuilder, tensor } from '../../src/onnx/graph.ts';
import { writeModel } from '../../src/onnx/write.ts';
import type { LossDefinition } from '../../src/plugin/loss.ts';
import { createRandom } from '../../src/random.ts';

const shape = { channels: 3, height: 7, width: 5 };
const size = 3 * 7 * 5;
const CLASSES = 5;
let folder: string;

/** Conv, batch normalisation, an activation, a linear layer: weights from a seed. */
async function network(name: string, activation: string, batch: number | string = 'N'): Promise<ModelPlan> {
  const random = createRandom('network', name);
  const b = new GraphBuilder(emptyGraph(name));
  const weights = (dims: number[]) =>
    b.constant(
      tensor.float32(
        dims,
        Array.from({ length: dims.reduce((p, d) => p * d, 1) }, () => 0.4 * random.normal()),
      ),
    );
  const images = b.input('images', 'float32', [batch, 3, 7, 5]);
  const convolved = b.op('Conv', [images, weights([6, 3, 3, 3])], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
  const statistics = () =>
    b.constant(
      tensor.float32(
        [6],
        Array.from({ length: 6 }, () => random.uniform(0.5, 2)),
      ),
    );
  const normalised = b.op('BatchNormalization', [convolved, statistics(), statistics(), statistics(), statistics()]);
  const features = b.op(activation, [normalised]);
  const logits = b.op('Gemm', [b.op('Flatten', [features]), weights([6 * 35, CLASSES])]);
  b.graph.outputs = [{ name: logits, type: 'float32', dims: [batch, CLASSES] }];
  const path = join(folder, `${name}.onnx`);
  await writeFile(path, writeModel(b.graph));
  return { name, path, preprocessing: { mean: [0.5], std: [0.25], channels: 'rgb', layout: 'auto', range: [0, 1] } };
}

const points = Array.from({ length: 9 }, (_, i) => {
  const random = createRandom('point', i);
  return new Float32Array(size).map(() => random.uniform());
});
const rowsWith = (loss: string | LossDefinition) =>
  points.map((point, i) => ({ point, loss, goal: { kind: 'leave' as const, classes: [i % CLASSES] } }));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofhouse-engine-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('an ONNX model', () => {
  it('gives a row the same bits whichever losses share its batch', async () => {
    const model = await OnnxModel.open(await network('mixed', 'Relu'), { threads: 1, batchSize: 8, shape });
    const alone = await model.gradients(rowsWith('cross-entropy'));
    const names = ['dlr', 'cross-entropy', 'margin', 'logit-difference'];
    const mixed = await model.gradients(rowsWith('cross-entropy').map((row, i) => ({ ...row, loss: names[i % 4] })));
    for (let i = 1; i < points.length; i += 4) expect(mixed[i]).toEqual(alone[i]);
    await model.close();
  });

  it('takes a loss that has no graph form, in two passes that give what one pass gives', async () => {
    const model = await OnnxModel.open(await network('plain', 'Relu'), { threads: 1, batchSize: 4, shape });
    const { graph: _, ...plain } = lossNamed('dlr');
    const twice = await model.gradients(rowsWith({ ...plain, name: 'my own' }));
    const once = await model.gradients(rowsWith('dlr'));
    for (const [i, { gradient, loss }] of twice.entries()) {
      expect(loss).toBeCloseTo(once[i].loss, 5);
      for (let j = 0; j < size; j++) expect(gradient[j]).toBeCloseTo(once[i].gradient[j], 4);
    }
    await model.close();
  });

  it.each([
    ['Relu', 'N'],
    ['Elu', 'N'],
    ['Softplus', 'N'],
    ['Relu', 1],
    ['Relu', 4],
  ] as const)('answers a point with the same bits in any company (%s, batch %s)', async (activation, batch) => {
    const plan = await network(`company-${activation}-${batch}`, activation, batch);
    const model = await OnnxModel.open(plan, { threads: 2, batchSize: 8, shape });
    const together = await model.judge(points);
    const gradients = await model.gradients(rowsWith('cross-entropy'));
    for (const [i, point] of points.entries()) {
      expect((await model.judge([point]))[0]).toEqual(together[i]);
      expect((await model.judge([points[8 - i], point, points[0]]))[1]).toEqual(together[i]);
      const [, second] = await model.gradients([rowsWith('cross-entropy')[8 - i], rowsWith('cross-entropy')[i]]);
      expect(second).toEqual(gradients[i]);
    }
    await model.close();
  });

  it('says in its description that, and why, examples are run one at a time', async () => {
    expect((await describeModel(await network('told', 'Elu'))).notes.join()).toMatch(/batches of 1.*"Elu" node/);
    expect((await describeModel(await network('silent', 'Relu'))).notes).toEqual([]);
  });

  it('has finite differences of the loss for its gradient, through the preprocessing', async () => {
    const model = await OnnxModel.open(await network('differences', 'Tanh'), { threads: 1, batchSize: 8, shape });
    const rows = rowsWith('cross-entropy');
    const answers = await model.gradients(rows);
    for (const [i, scores] of (await model.judge(points)).entries()) {
      for (let k = 0; k < CLASSES; k++) expect(answers[i].scores[k]).toBeCloseTo(scores[k], 4);
    }
    const random = createRandom('direction');
    const direction = new Float32Array(size).map(() => random.normal());
    const step = 1e-3;
    const moved = (sign: number) =>
      rows.map((row) => ({ ...row, point: row.point.map((v, j) => v + sign * step * direction[j]) }));
    const [up, down] = [await model.gradients(moved(1)), await model.gradients(moved(-1))];
    for (const [i, { gradient }] of answers.entries()) {
      const slope = (up[i].loss - down[i].loss) / (2 * step);
      const along = gradient.reduce((sum, value, j) => sum + value * direction[j], 0);
      expect(Math.abs(slope - along)).toBeLessThan(5e-3 * Math.max(1, Math.abs(slope)));
    }
    await model.close();
  });
});
