/** One perturbation for all images, on affine models, where the best one has a closed form. */
import { describe, expect, it } from 'vitest';
import universal from '../../../attacks/dataset/universal.ts';
import { InputError } from '../../../src/errors.ts';
import type { OutcomeRow } from '../../../src/plugin/outcome.ts';
import { checkPlugin } from '../../../src/plugin-check.ts';
import { problemsOf, resolveText } from '../../config/project.ts';
import { affineModel, oracleOf, radialModel } from '../../support/analytic-model.ts';
import { type LabelledImage, noiseImages, runAttack } from '../../support/attack-run.ts';

const shape = { channels: 1, height: 8, width: 8 };
const model = affineModel(64, 2, 3);
/** d (z₁ − z₀) / dx: the way out of class 0. */
const normal = model.weights[1].map((w, i) => w - model.weights[0][i]);
const marginOf = ({ image }: LabelledImage) => {
  const [zero, one] = model.logits(image);
  return zero - one;
};
const ofClass0 = noiseImages(model, 60).filter(({ label }) => label === 0);
const options = { steps: 60, batch: 8 };

describe('a universal perturbation of one class of a linear model', () => {
  it('is ε · sign w in L∞, and fells exactly those whose margin is below ε ‖w‖₁', async () => {
    const dual = normal.reduce((sum, w) => sum + Math.abs(w), 0);
    const epsilon = marginOf(ofClass0[0]) / dual + 1e-4;
    const results = await runAttack(
      { attack: universal, norm: 'linf', epsilons: [epsilon], options, shape },
      ofClass0,
      oracleOf(model),
    );
    expect(results).toHaveLength(ofClass0.length);
    const byId = new Map(ofClass0.map((one) => [one.id, one]));
    for (const { row, point } of results) {
      const image = byId.get(row.example) as LabelledImage;
      for (const [i, value] of point.entries())
        expect(value).toBeCloseTo(image.image[i] + epsilon * Math.sign(normal[i]), 6);
      expect(row.success).toBe(marginOf(image) < epsilon * dual);
    }
    expect(new Set(results.map(({ row }) => row.success)).size).toBe(2);
  });

  it('is ε w / ‖w‖₂ in L2', async () => {
    const length = Math.hypot(...normal);
    const epsilon = 0.2;
    const results = await runAttack(
      { attack: universal, norm: 'l2', epsilons: [epsilon], options, shape },
      ofClass0,
      oracleOf(model),
    );
    for (const { row, point } of results) {
      const { image } = ofClass0.find(({ id }) => id === row.example) as LabelledImage;
      for (const [i, value] of point.entries()) expect(value).toBeCloseTo(image[i] + (epsilon * normal[i]) / length, 4);
      expect(row.distances?.l2).toBeCloseTo(epsilon, 4);
    }
  });
});

describe('what is learnt', () => {
  const images = noiseImages(model, 30);
  const rowsWith = async (given: readonly LabelledImage[], batchSize = 8) =>
    (
      await runAttack(
        { attack: universal, norm: 'linf', epsilons: [0.01], options: { steps: 20, batch: 4 }, shape, batchSize },
        given,
        oracleOf(model),
      )
    ).map(({ row }) => row);

  it('comes from the other half: an image has no part in what its own half is judged with', async () => {
    // Whose gradient differs from image to image.
    const round = radialModel(new Float32Array(64).fill(0.5), 10);
    const judged = async (given: readonly LabelledImage[]) =>
      (
        await runAttack(
          { attack: universal, norm: 'l2', epsilons: [0.1], options: { steps: 5, batch: 4 }, shape },
          given,
          oracleOf(round),
        )
      ).map(({ row }) => row);
    const inside = noiseImages(round, 30);
    const rows = await judged(inside);
    const [one] = rows;
    const changed = inside.map((image) =>
      image.id === one.example ? { ...image, image: image.image.map((value) => 1 - value) } : image,
    );
    const again = await judged(changed);
    const others = (same: boolean) => (row: OutcomeRow) =>
      row.example !== one.example && (row.madeOn?.half === one.madeOn?.half) === same;
    expect(rows.filter(others(true))).toHaveLength(14);
    expect(again.filter(others(true))).toEqual(rows.filter(others(true)));
    for (const [i, row] of again.filter(others(false)).entries())
      expect(row.scores).not.toEqual(rows.filter(others(false))[i].scores);
  });

  it('is the same whatever the batches of the engine', async () => {
    const rows = await rowsWith(images, 7);
    expect(await rowsWith(images, 1)).toEqual(rows);
    expect(await rowsWith(images, 64)).toEqual(rows);
  });

  it('says on how many it was made and what that cost, beside what an image itself costs: nothing', async () => {
    for (const { queries, madeOn } of await rowsWith(images)) {
      expect(queries).toEqual({ gradient: 0, score: 0, decision: 0 });
      expect(madeOn).toMatchObject({ examples: 15, queries: { gradient: 80, score: 15, decision: 0 } });
    }
  });

  it('skips what the model gets wrong, and takes it where there is nothing else', async () => {
    const wrong = images.map((image, i) => (i < 6 ? { ...image, label: 1 - image.label } : image));
    const rows = (await rowsWith(wrong)).filter(({ madeOn }) => madeOn !== undefined);
    const sizes = new Map(rows.map(({ madeOn }) => [madeOn?.half, madeOn?.examples ?? 0]));
    expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBe(24);
    const allWrong = await rowsWith(images.map((image) => ({ ...image, label: 1 - image.label })));
    expect(allWrong.every(({ success, madeOn }) => success && madeOn === undefined)).toBe(true);
  });

  it('needs two images', async () => {
    const failure = rowsWith(images.slice(0, 1));
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow('there is only one image');
  });

  it('needs images that are not of the target class', async () => {
    const [{ label }] = images;
    const alike = images.filter((image) => image.label === label);
    const target = { class: label };
    const failure = runAttack(
      { attack: universal, norm: 'linf', epsilons: [0.01], target, shape },
      alike,
      oracleOf(model),
    );
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow('of the target class');
  });

  it('moves images of the other classes to the target', async () => {
    const target = { class: 0 };
    const results = await runAttack(
      { attack: universal, norm: 'linf', epsilons: [0.3], target, options, shape },
      images,
      oracleOf(model),
    );
    for (const { row } of results) expect(row.prediction).toBe(0);
  });
});

describe('in a config', () => {
  const sound = 'models: { standard: standard.onnx }\ndata: images/\n';

  it('is refused a target that differs from image to image', async () => {
    const problems = await problemsOf(`${sound}attacks: [{ attack: universal, target: least-likely }]\n`);
    expect(problems).toContain('Name it: target: { class: 0 }.');
    await resolveText(`${sound}attacks: [{ attack: universal, target: { class: 1 } }]\n`);
  });

  it('cannot be minimal-norm as a plugin', () => {
    const checked = checkPlugin({ ...universal, budget: 'minimal-norm' });
    expect(checked).toMatchObject({ problems: [expect.stringContaining('leave out the minimal-norm budget')] });
  });
});
