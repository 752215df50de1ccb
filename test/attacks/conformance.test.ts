/** What holds of every attack in the registry, in each of its threats, whatever its algorithm. */
import { describe, expect, it } from 'vitest';
import type { HarnessQuestion } from '../../src/collect/questions.ts';
import { InputError } from '../../src/errors.ts';
import type { AttackDefinition, ImageShape } from '../../src/plugin/attack.ts';
import type { OutcomeRow } from '../../src/plugin/outcome.ts';
import type { Access } from '../../src/plugin/questions.ts';
import type { Norm } from '../../src/plugin/threat.ts';
import { loadPlugins } from '../../src/plugins.ts';
import { distances, inBox } from '../../src/threat/box.ts';
import { type AnalyticModel, affineModel, oracleOf, type Reading } from '../support/analytic-model.ts';
import { type LabelledImage, noiseImages, runAttack } from '../support/attack-run.ts';

/** Options that make an attack quick enough for this file, where its defaults are not. */
const quick: Record<string, object> = {
  pgd: { steps: 10 },
  'brendel-bethge': { steps: 30 },
  boundary: { steps: 500 },
  'hop-skip-jump': { iterations: 10, probes: 20 },
  'salt-and-pepper': { trials: 100 },
  pointwise: { restarts: 2 },
  fab: { steps: 20, targets: 3 },
  ddn: { steps: 60 },
  'carlini-wagner': { steps: 30, 'search-steps': 3, 'first-constant': 0.1 },
  ead: { steps: 30, 'search-steps': 3, 'first-constant': 0.1 },
  fmn: { steps: 60 },
  square: { queries: 300 },
  spsa: { steps: 5, samples: 12 },
  nes: { steps: 5, samples: 12 },
  simba: { queries: 200 },
  'one-pixel': { population: 20, generations: 5 },
};

/** Some images fall and some stand at these. */
const epsilons: Record<Norm, number[]> = { linf: [0.005, 0.02], l2: [0.03, 0.1], l1: [0.1, 0.4], l0: [1, 3] };

const may: Record<Access, readonly HarnessQuestion['ask'][]> = {
  gradient: ['gradient', 'scores', 'decision', 'judge'],
  score: ['scores', 'decision', 'judge'],
  decision: ['decision', 'judge'],
  none: ['judge'],
};

const square: ImageShape = { channels: 1, height: 8, width: 8 };
const colour: ImageShape = { channels: 3, height: 8, width: 8 };
const oblong: ImageShape = { channels: 3, height: 5, width: 7 };
const sizeOf = ({ channels, height, width }: ImageShape) => channels * height * width;

const plugins = await loadPlugins([], '/');
const attacks = await Promise.all(plugins.names('attacks').map((name) => plugins.attack(name)));
const cases = attacks.flatMap((attack) => attack.threats.map((norm) => [attack.name, norm, attack] as const));

interface Setting {
  attack: AttackDefinition;
  norm: Norm;
  shape: ImageShape;
  model: AnalyticModel;
  images: readonly LabelledImage[];
}

const settingOf = (
  attack: AttackDefinition,
  norm: Norm,
  shape: ImageShape,
  classes: number,
  count: number,
): Setting => {
  const model = affineModel(sizeOf(shape), classes);
  return { attack, norm, shape, model, images: noiseImages(model, count) };
};

/** Runs it and checks each row: inside ball ∩ box with no repair, and asking nothing beyond the attack's access. */
async function run(
  { attack, norm, shape, model, images }: Setting,
  given: {
    batchSize?: number;
    target?: 'random';
    reading?: Reading;
    at?: number[];
  } = {},
): Promise<OutcomeRow[]> {
  const { at = epsilons[norm], batchSize = 8, reading, target = 'untargeted' } = given;
  const asked = new Set<string>();
  const oracle = oracleOf(model, reading, (question) => {
    if (!('model' in question && question.model !== undefined)) asked.add(question.ask);
  });
  const results = await runAttack(
    { attack, norm, epsilons: at, options: quick[attack.name] ?? {}, shape, batchSize, target },
    images,
    oracle,
  );
  expect(results).toHaveLength(images.length * at.length);
  const byId = new Map(images.map((image) => [image.id, image.image]));
  for (const [index, { row, point }] of results.entries()) {
    expect(row.violation).toBeUndefined();
    expect(inBox(point)).toBe(true);
    const distance = distances(point, byId.get(row.example) as Float32Array)[norm];
    expect(distance).toBeLessThanOrEqual(at[index % at.length] + 1e-6);
  }
  for (const kind of asked) expect(may[attack.access]).toContain(kind);
  return results.map(({ row }) => row);
}

describe.each(cases)('%s in %s', (_, norm, attack) => {
  const usual = settingOf(attack, norm, square, 3, 8);

  it('gives equal rows whatever the batch, the order and the company', async () => {
    const rows = await run(usual, { batchSize: 16 });
    expect(await run({ ...usual, images: usual.images.toReversed() }, { batchSize: 1 })).toEqual(rows);
    const alone = await run({ ...usual, images: [usual.images[3]] });
    expect(alone).toEqual(rows.filter(({ example }) => example === usual.images[3].id));
  });

  it.each([
    ['2 classes, one channel', square, 2],
    ['10 classes, three channels', colour, 10],
    ['an oblong image', oblong, 4],
  ] as const)('works on %s', async (_name, shape, classes) => {
    await run(settingOf(attack, norm, shape, classes, 3));
  });

  it('is no different when a constant is added to every logit', async () => {
    const grain = 2 ** -14;
    const [rows, shifted] = [
      await run(usual, { reading: { grain } }),
      await run(usual, { reading: { grain, shift: 8 } }),
    ];
    const successes = (given: OutcomeRow[]) => given.filter(({ success }) => success).map(({ example }) => example);
    expect(successes(shifted)).toEqual(successes(rows));
  });

  it.skipIf(norm === 'l0')('fells nothing in a tiny ball', async () => {
    const rows = await run(usual, { at: [1e-6] });
    expect(rows.filter(({ success }) => success)).toEqual([]);
  });

  it('takes the same image under two names', async () => {
    const [image] = usual.images;
    await run({ ...usual, images: [image, { ...image, id: 'the same again' }] });
  });

  it('is targeted, or says that it cannot be', async () => {
    const few = { ...usual, images: usual.images.slice(0, 3) };
    try {
      await run(few, { target: 'random' });
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
    }
  });
});
