/** Attacks made on a surrogate: two affine classifiers give closed forms; the demo models give the whole run. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fgsm from '../../attacks/gradient/fgsm.ts';
import pgd from '../../attacks/gradient/pgd.ts';
import { drive } from '../../src/collect/drive.ts';
import { examine, type Portion } from '../../src/collect/examine.ts';
import type { HarnessOracle } from '../../src/collect/questions.ts';
import { argmax } from '../../src/goal/index.ts';
import { audit, type Config, type OutcomeRow } from '../../src/index.ts';
import type { AttackDefinition } from '../../src/plugin/attack.ts';
import { createRandom } from '../../src/random.ts';
import { problemsOf, resolveText } from '../config/project.ts';
import { linearModel } from '../support/linear-model.ts';

const SIDE = 8;

/** Answers each question by the model it names; judgements and questions without a name go to the audited one. */
const between =
  (audited: HarnessOracle, surrogate: HarnessOracle): HarnessOracle =>
  (questions) =>
    ('model' in questions[0] && questions[0].model === 'surrogate' ? surrogate : audited)(questions);

async function rowsOf(attack: AttackDefinition, options: object, epsilon: number, oracle: HarnessOracle) {
  const audited = linearModel(SIDE * SIDE, 2, 1);
  const images = Array.from({ length: 60 }, (_, i) => {
    const random = createRandom(i, 'image');
    // Away from the box, so that the closed form of the ball alone holds.
    const image = Float32Array.from({ length: SIDE * SIDE }, () => random.uniform(0.4, 0.6));
    const logits = audited.weights.map((row, k) => row.reduce((sum, w, j) => sum + w * image[j], audited.biases[k]));
    return { id: `image ${i}`, label: argmax(logits), margin: Math.abs(logits[0] - logits[1]), image };
  });
  const found = new Map<string, OutcomeRow>();
  const emit = ({ example, part, rows }: Portion) => part !== 'clean' && found.set(example, rows[0]);
  const series = [
    {
      attack,
      plan: {
        id: `${attack.name}-from-surrogate:linf`,
        attack: attack.name,
        surrogate: 'surrogate',
        norm: 'linf' as const,
        epsilons: [{ text: 'ε', value: epsilon }],
        target: 'untargeted' as const,
        options: attack.options.parse(options),
      },
    },
  ];
  const context = { model: 'audited', seed: 0, shape: { channels: 1, height: SIDE, width: SIDE }, series };
  const queue = [...images];
  await drive(
    async () => {
      const next = queue.shift();
      return next && examine(context, next, next.image, { done: () => false, emit });
    },
    between(audited.oracle, oracle),
    { batchSize: 16 },
  );
  return images.map((image) => ({ ...image, row: found.get(image.id) as OutcomeRow }));
}

/** w₀ − w₁ of a two-class affine model. */
const normalOf = ({ weights: [first, second] }: ReturnType<typeof linearModel>) =>
  Array.from(first, (w, i) => w - second[i]);

describe('an attack made on a surrogate', () => {
  it('moves the audited model by ε Σ w · sign w′, no more and no less', async () => {
    const audited = normalOf(linearModel(SIDE * SIDE, 2, 1));
    const surrogate = linearModel(SIDE * SIDE, 2, 2);
    const normal = normalOf(surrogate);
    const reach = audited.reduce((sum, w, i) => sum + w * Math.sign(normal[i]), 0);
    const epsilon = 0.1;
    const results = await rowsOf(fgsm, {}, epsilon, surrogate.oracle);
    for (const { label, margin, row } of results) {
      // The step lowers the surrogate's logit of the true class against the other.
      const lost = epsilon * reach;
      if (Math.abs(margin - lost) < 1e-4) continue;
      expect(row.success, `${label}`).toBe(lost > margin);
      expect(row.queries).toEqual({ gradient: 1, score: 0, decision: 0 });
    }
  });

  it('succeeds exactly where a white-box attack does when the surrogate is the model itself', async () => {
    const twin = linearModel(SIDE * SIDE, 2, 1);
    const dual = normalOf(twin).reduce((sum, w) => sum + Math.abs(w), 0);
    const epsilon = 0.01;
    const results = await rowsOf(fgsm, {}, epsilon, twin.oracle);
    expect(results.some(({ row }) => row.success)).toBe(true);
    for (const { margin, row } of results)
      if (Math.abs(margin - epsilon * dual) > 1e-4) expect(row.success).toBe(margin < epsilon * dual);
  });

  it('goes on after the surrogate has fallen, and spends every step', async () => {
    const results = await rowsOf(pgd, { steps: 12 }, 0.1, linearModel(SIDE * SIDE, 2, 1).oracle);
    for (const { row } of results) expect(row).toMatchObject({ success: true, queries: { gradient: 12, score: 1 } });
  });
});

describe('surrogate: in a config', () => {
  const two = 'models: { standard: standard.onnx, hardened: hardened.onnx }\ndata: images/\n';
  const one = 'models: { standard: standard.onnx }\ndata: images/\n';

  it('names the evaluation after both, and is repeated by the canonical config', async () => {
    const run = await resolveText(
      `${two}attacks: [pgd, { attack: pgd, surrogate: standard }]\ngates: [{ metric: "robust-accuracy@pgd-from-standard:linf:8/255", floor: 0.1 }]\n`,
    );
    expect(run.series.map(({ id }) => id)).toEqual(['pgd:linf', 'pgd-from-standard:linf']);
    expect(run.canonical.attacks).toMatchObject([{ attack: 'pgd' }, { attack: 'pgd', surrogate: 'standard' }]);
    expect(run.gates).toMatchObject([{ models: ['hardened'] }]);
  });

  it('takes models that are not audited', async () => {
    const run = await resolveText(
      `${one}surrogates: { old: hardened.onnx }\nattacks: [{ attack: pgd, surrogate: old }]\n`,
    );
    expect(run.surrogates.map(({ name }) => name)).toEqual(['old']);
    expect(run.canonical.surrogates).toMatchObject({ old: { file: 'hardened.onnx' } });
  });

  it.each([
    ['an unknown model', `${two}attacks: [{ attack: pgd, surrogate: standart }]\n`, 'Did you mean "standard"?'],
    ['the only model', `${one}attacks: [{ attack: pgd, surrogate: standard }]\n`, 'is the only model audited'],
    ['a name taken', `${two}surrogates: { hardened: hardened.onnx }\n`, 'is the name of an audited model too'],
  ])('refuses %s', async (_, text, expected) => {
    expect(await problemsOf(text)).toContain(expected);
  });
});

describe('a run with a transfer attack', () => {
  const demo = fileURLToPath(new URL('../../fixtures/demo/', import.meta.url));
  const preprocessing = { mean: [0.52, 0.46, 0.42], std: [0.25, 0.23, 0.22] };
  const standard = { file: join(demo, 'standard.onnx'), ...preprocessing };
  const hardened = { file: join(demo, 'hardened.onnx'), ...preprocessing };
  const config: Config = {
    models: { standard, hardened },
    data: { manifest: join(demo, 'portraits.csv'), classes: ['neutral', 'smiling'], limit: 12 },
    attacks: [{ attack: 'pgd', surrogate: 'standard', epsilon: '8/255', options: { steps: 5 } }],
    gallery: { count: 2 },
  };
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proofhouse-transfer-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('judges every model but the surrogate, says so, and is the same when that is not audited', async () => {
    const both = await audit({ ...config, output: join(folder, 'both') });
    const id = 'pgd-from-standard:linf:8/255';
    expect(both.record.evaluations[1]).toMatchObject({
      id,
      surrogate: 'standard',
      access: 'none',
      title: 'Projected gradient descent made on standard, L∞ 8/255',
    });
    expect(both.record.queries.map(({ model }) => model)).toEqual(['hardened']);
    const alone = await audit({
      ...config,
      models: { hardened },
      surrogates: { standard },
      output: join(folder, 'alone'),
    });
    expect(alone.record.surrogates).toMatchObject([{ name: 'standard', file: 'standard.onnx' }]);
    const attacked = async (path: string) =>
      (await readFile(join(path, 'outcomes.ndjson'), 'utf8')).split('\n').filter((line) => line.includes(id));
    expect(await attacked(alone.folder)).toEqual(await attacked(both.folder));
    expect(await attacked(both.folder)).toHaveLength(12);
  });
});
