/** Minimal-norm gradient attacks against distances known in closed form, in 3,072 dimensions. */
import { describe, expect, it } from 'vitest';
import ddn from '../../../attacks/gradient/ddn.ts';
import deepfool from '../../../attacks/gradient/deepfool.ts';
import fab from '../../../attacks/gradient/fab.ts';
import fmn from '../../../attacks/gradient/fmn.ts';
import { argmax } from '../../../src/goal/index.ts';
import type { AttackDefinition } from '../../../src/plugin/attack.ts';
import type { Norm } from '../../../src/plugin/threat.ts';
import { createRandom } from '../../../src/random.ts';
import { type Affine, type AnalyticModel, affineModel, oracleOf, radialModel } from '../../support/analytic-model.ts';
import { type LabelledImage, noiseImages, runAttack } from '../../support/attack-run.ts';
import { exactDistance } from '../../support/exact-distance.ts';

const shape = { channels: 3, height: 32, width: 32 };
const DIMENSIONS = 3072;

/** Half of the values at the ends of the box, so that it matters. */
function boundImages(model: AnalyticModel, count: number): LabelledImage[] {
  return Array.from({ length: count }, (_, index) => {
    const random = createRandom(index, 'bound image');
    const image = new Float32Array(model.dimensions);
    for (let i = 0; i < image.length; i++) image[i] = Math.max(0, Math.min(1, random.uniform(-0.5, 1.5)));
    return { id: `image ${index}`, label: argmax(model.logits(image)), image };
  });
}

async function found(
  attack: AttackDefinition,
  norm: Norm,
  images: readonly LabelledImage[],
  model: AnalyticModel,
  options: object = {},
) {
  const results = await runAttack({ attack, norm, epsilons: [1e9], options, shape }, images, oracleOf(model));
  return results.map(({ row, point }) => {
    expect(row.success).toBe(true);
    return { row, point, distance: row.distances?.[norm] as number };
  });
}

/** Attack, norm, and how far beyond the optimum its point may be. */
const cases: [AttackDefinition, Norm, number][] = [
  [deepfool, 'linf', 1.021],
  [deepfool, 'l2', 1.021],
  [fab, 'linf', 1.01],
  [fab, 'l2', 1.01],
  [fab, 'l1', 1.01],
  [ddn, 'l2', 1.01],
  [fmn, 'linf', 1.01],
  [fmn, 'l2', 1.01],
  [fmn, 'l1', 1.01],
];

describe.each(cases.map(([attack, norm, factor]) => [attack.name, norm, factor, attack] as const))(
  '%s in %s comes within a factor %f',
  (_, norm, factor, attack) => {
    const check = async (model: Affine, [one]: LabelledImage[]) => {
      const exact = exactDistance(model, one.image, one.label, norm);
      const [{ distance }] = await found(attack, norm, [one], model);
      expect(distance).toBeGreaterThan(exact * (1 - 1e-4));
      expect(distance).toBeLessThan(exact * factor);
    };

    it('of an affine model with 2 classes', async () => {
      const model = affineModel(DIMENSIONS, 2);
      await check(model, noiseImages(model, 1));
    });

    it('of an affine model with 10 classes, for an image that meets the box', async () => {
      const model = affineModel(DIMENSIONS, 10);
      await check(model, boundImages(model, 1));
    });
  },
);

it('DeepFool crosses a plane in one step, and one step later it sees that it did', async () => {
  const model = affineModel(DIMENSIONS, 2);
  for (const norm of deepfool.threats) {
    const results = await found(deepfool, norm, noiseImages(model, 3), model);
    for (const { row } of results) expect(row.queries).toEqual({ gradient: 2, score: 0, decision: 0 });
  }
});

it.each(
  cases
    .filter(([attack, norm]) => norm === 'l2' && attack !== deepfool)
    .map(([attack, , factor]) => [attack.name, factor, attack] as const),
)('%s finds the sphere of a radial model within a factor %f', async (_, factor, attack) => {
  const centre = new Float32Array(DIMENSIONS).fill(0.5);
  const model = radialModel(centre, 2);
  const [one] = noiseImages(model, 1, 0.48, 0.52);
  const exact = 2 - Math.hypot(...one.image.map((value) => value - 0.5));
  const [{ distance }] = await found(attack, 'l2', [one], model);
  expect(distance).toBeGreaterThan(exact * (1 - 1e-4));
  expect(distance).toBeLessThan(exact * factor);
});

it('DeepFool takes Newton’s step over a sphere: (R² − r²) / 2r and its overshoot', async () => {
  const model = radialModel(new Float32Array(DIMENSIONS).fill(0.5), 2);
  const [one] = noiseImages(model, 1, 0.48, 0.52);
  const r = Math.hypot(...one.image.map((value) => value - 0.5));
  const [{ distance }] = await found(deepfool, 'l2', [one], model);
  expect(distance / ((1.02 * (4 - r * r)) / (2 * r))).toBeCloseTo(1, 4);
});

it.each(['linf', 'l2', 'l1'] as const)('FAB and FMN reach a given class by the shortest way (%s)', async (norm) => {
  const model = affineModel(DIMENSIONS, 2);
  const images = noiseImages(model, 1);
  for (const attack of [fab, fmn]) {
    const [result] = await runAttack(
      { attack, norm, epsilons: [1e9], target: 'least-likely', shape },
      images,
      oracleOf(model),
    );
    const exact = exactDistance(model, images[0].image, images[0].label, norm);
    expect(result.row.distances?.[norm]).toBeGreaterThan(exact * (1 - 1e-4));
    expect(result.row.distances?.[norm]).toBeLessThan(exact * 1.01);
  }
});

it('FAB with restarts and with one descent for all classes finds the same boundary', async () => {
  const model = affineModel(300, 4);
  const images = noiseImages(model, 4);
  for (const options of [{ targets: 0 }, { restarts: 2, targets: 3 }]) {
    const results = await runAttack(
      { attack: fab, norm: 'l2', epsilons: [1e9], options, shape: { channels: 3, height: 10, width: 10 } },
      images,
      oracleOf(model),
    );
    for (const [i, { row }] of results.entries()) {
      const exact = exactDistance(model, images[i].image, images[i].label, 'l2');
      expect(row.distances?.l2).toBeLessThan(exact * 1.01);
    }
  }
});

it('FMN changes as few values as the greedy optimum, one more at most', async () => {
  const model = affineModel(DIMENSIONS, 3);
  const images = boundImages(model, 2);
  const results = await found(fmn, 'l0', images, model);
  for (const [i, { distance }] of results.entries()) {
    const exact = exactDistance(model, images[i].image, images[i].label, 'l0');
    expect(distance).toBeGreaterThanOrEqual(exact);
    expect(distance).toBeLessThanOrEqual(exact + 1);
  }
});

describe.each([
  ['deepfool', deepfool],
  ['fab', fab],
  ['fmn', fmn],
] as const)('%s does not care how logits are scaled and shifted', (name, attack) => {
  const small = { channels: 3, height: 8, width: 8 };
  const model = affineModel(192, 5);
  const images = noiseImages(model, 4);
  const options = name === 'deepfool' ? {} : { steps: 30 };

  it.each(attack.threats)('%s', async (norm) => {
    const runs = await Promise.all(
      [{}, { scale: 8 }, { scale: 1 / 8, shift: 4 }].map((reading) =>
        runAttack({ attack, norm, epsilons: [1e9], options, shape: small }, images, oracleOf(model, reading)),
      ),
    );
    const distances = runs.map((rows) => rows.map(({ row }) => row.distances?.[norm] as number));
    for (const other of distances.slice(1))
      for (const [i, distance] of other.entries()) expect(Math.abs(distance / distances[0][i] - 1)).toBeLessThan(0.005);
  });
});
