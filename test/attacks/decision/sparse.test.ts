/** Pointwise and salt-and-pepper: what their definitions promise of every result, on affine classifiers whose optimum is a sort. */
import { describe, expect, it } from 'vitest';
import pointwise from '../../../attacks/decision/pointwise.ts';
import saltAndPepper from '../../../attacks/decision/salt-and-pepper.ts';
import { argmax } from '../../../src/goal/index.ts';
import type { AttackDefinition } from '../../../src/plugin/attack.ts';
import { distances } from '../../../src/threat/box.ts';
import { type Affine, affineOf, oracleOf } from '../../support/analytic-model.ts';
import { type LabelledImage, noiseImages, runAttack } from '../../support/attack-run.ts';
import { affineWithMargin, fewestChanges } from './exact.ts';

const shape = { channels: 3, height: 16, width: 16 };
const DIMENSIONS = 768;

const run = (attack: AttackDefinition, model: Affine, images: LabelledImage[], target?: 'random') =>
  runAttack({ attack, norm: 'l0', epsilons: [DIMENSIONS], shape, ...(target && { target }) }, images, oracleOf(model));

describe('pointwise', () => {
  const model = affineWithMargin(DIMENSIONS, 4, 25);
  const images = noiseImages(model, 4);

  it('leaves no change that is not needed, and fewer than twice the fewest changes that will do', async () => {
    for (const [i, { row, point }] of (await run(pointwise, model, images)).entries()) {
      const { image, label } = images[i];
      expect(row.success).toBe(true);
      const l0 = distances(point, image).l0;
      for (let j = 0; j < point.length; j++) {
        if (point[j] === image[j]) continue;
        const without = point.slice();
        without[j] = image[j];
        expect(argmax(model.logits(without))).toBe(label);
      }
      expect(l0).toBeGreaterThanOrEqual(fewestChanges(model, images[i]));
      expect(l0).toBeLessThan(2 * fewestChanges(model, images[i]));
    }
  });

  it('reaches a target', async () => {
    for (const { row } of await run(pointwise, model, images, 'random')) {
      expect(row.success).toBe(true);
      expect(row.prediction).not.toBe(row.label);
    }
  });
});

describe('salt-and-pepper', () => {
  it('succeeds by chance, and pointwise needs fewer changes', async () => {
    const model = affineWithMargin(DIMENSIONS, 2, 25);
    const images = noiseImages(model, 4);
    const noise = await run(saltAndPepper, model, images);
    const fewer = await run(pointwise, model, images);
    for (const [i, { row }] of noise.entries()) {
      expect(row.success).toBe(true);
      expect(row.distances?.l0).toBeGreaterThanOrEqual(fewer[i].row.distances?.l0 as number);
    }
  });

  it('finds one value that decides alone', async () => {
    // Only the first value counts: every draw that sets it to 1 succeeds, so bisection ends at one change in a few draws.
    const weights = [new Float64Array(DIMENSIONS), new Float64Array(DIMENSIONS)];
    weights[1][0] = 1;
    const model = affineOf(weights, [0, -0.9]);
    const [{ row }] = await run(saltAndPepper, model, noiseImages(model, 1));
    expect(row.success).toBe(true);
    expect(row.distances?.l0).toBe(1);
  });

  it('returns the clean image where no noise achieves the goal', async () => {
    const weights = [new Float64Array(DIMENSIONS), new Float64Array(DIMENSIONS)];
    const model = affineOf(weights, [1, 0]);
    for (const attack of [saltAndPepper, pointwise]) {
      const [{ row, point }] = await run(attack, model, noiseImages(model, 1));
      expect(row.success).toBe(false);
      expect(point).toEqual(noiseImages(model, 1)[0].image);
    }
  });
});
