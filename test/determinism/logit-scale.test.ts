/**
 * Logits times 8 are the same classifier, and attacks whose loss is a ratio of logits' differences must not tell the two apart: DLR, and steps to
 * linearised boundaries. A power of two changes no mantissa, so on the engine too their points agree to the bit.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import apgd from '../../attacks/gradient/apgd.ts';
import deepfool from '../../attacks/gradient/deepfool.ts';
import fab from '../../attacks/gradient/fab.ts';
import fmn from '../../attacks/gradient/fmn.ts';
import pgd from '../../attacks/gradient/pgd.ts';
import type { SeriesPlan } from '../../src/config/plan.ts';
import { tensor } from '../../src/onnx/graph.ts';
import { readModel } from '../../src/onnx/read.ts';
import { writeModel } from '../../src/onnx/write.ts';
import type { AttackDefinition } from '../../src/plugin/attack.ts';
import { createRandom } from '../../src/random.ts';
import { demo } from '../fixtures/demo.ts';
import { collected, seriesOf } from '../support/collected.ts';
import { network, portraits, shapeOf } from '../support/portraits.ts';

const SIDE = 16;
const CLASSES = 5;
const FEATURES = 48;

const folder = await mkdtemp(join(tmpdir(), 'proofhouse-scale-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The demo's network with a head for five classes, since DLR needs three and its targeted form four; every logit times `factor`. */
async function scaled(factor: number) {
  const graph = await readModel(join(demo, 'standard.onnx'));
  graph.inputs[0].dims = ['N', 3, SIDE, SIDE];
  graph.outputs[0].dims = ['N', CLASSES];
  const random = createRandom('five classes');
  const drawn = (length: number) => Float32Array.from({ length }, () => factor * Math.fround(random.normal()));
  graph.initializers.set('classifier.weight', tensor.float32([CLASSES, FEATURES], drawn(CLASSES * FEATURES)));
  graph.initializers.set('classifier.bias', tensor.float32([CLASSES], drawn(CLASSES)));
  const path = join(folder, `times-${factor}.onnx`);
  await writeFile(path, writeModel(graph));
  return { ...network('standard'), path };
}
const models = [await scaled(1), await scaled(8)];
const dataset = await portraits(SIDE);
const collect = (model: (typeof models)[number], examples: typeof dataset.examples, series: readonly SeriesPlan[]) =>
  collected({ model, dataset: { ...dataset, examples }, shape: shapeOf(SIDE), series });

/** Labelled as the network has it, so that no image is wrong to begin with. */
const chosen = [3, 123, 243, 403, 563, 643].map((index) => dataset.examples[index]);
const clean = await collect(models[0], chosen, []);
const predicted = new Map(clean.map(({ example, prediction }) => [example, prediction]));
const examples = chosen.map((example) => ({ ...example, label: predicted.get(example.id) as number }));

const cases: [string, AttackDefinition, object][] = [
  ['PGD on DLR', pgd, { loss: 'dlr', steps: 10 }],
  ['Auto-PGD on DLR', apgd, { loss: 'dlr', iterations: 15, restarts: 2 }],
  ['Auto-PGD on targeted DLR', apgd, { loss: 'dlr', iterations: 10, restarts: 1, targets: 4 }],
  ['FAB', fab, { steps: 10, targets: 0 }],
  ['targeted FAB', fab, { steps: 10, targets: 4 }],
  ['DeepFool', deepfool, {}],
  ['FMN', fmn, { steps: 30 }],
];
/** Some of the images stand at the first, most fall at the second. */
const epsilons = { linf: ['0.002', '0.02'], l2: ['0.05', '0.5'], l1: ['1', '10'], l0: ['3', '30'] };

describe.each(cases)('%s takes logits times 8 for what they are', (_, attack, options) => {
  it.each(attack.threats)('in %s', async (norm) => {
    const series = [seriesOf(attack, norm, epsilons[norm], options)];
    const [as, timesEight] = await Promise.all(models.map((model) => collect(model, examples, series)));
    const facts = (rows: typeof as, factor: number) =>
      rows
        .map(({ example, evaluation, success, prediction, distances, queries, scores }) => ({
          example,
          evaluation,
          success,
          prediction,
          distances,
          queries,
          scores: scores.map((score) => Math.fround(score / factor)),
        }))
        .toSorted((a, b) => (`${a.evaluation} ${a.example}` < `${b.evaluation} ${b.example}` ? -1 : 1));
    expect(as.filter(({ evaluation, success }) => evaluation !== 'clean' && success)).not.toHaveLength(0);
    expect(facts(timesEight, 8)).toEqual(facts(as, 1));
  });
});
