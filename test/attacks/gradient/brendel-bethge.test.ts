/** Brendel–Bethge against exact distances, from a start that is dozens of times further away than the optimum. */
import { describe, expect, it } from 'vitest';
import brendelBethge from '../../../attacks/gradient/brendel-bethge.ts';
import { affineOf, oracleOf, radialModel } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';
import { affineWithMargin, distanceOf, exactDistance, fewestChanges, leastChange } from '../decision/exact.ts';

const cifar = { channels: 3, height: 32, width: 32 };
const small = { channels: 1, height: 7, width: 9 };

describe('brendel-bethge', () => {
  it.each(['l2', 'linf', 'l1'] as const)('is nearly optimal on a flat boundary in %s', async (norm) => {
    const model = affineWithMargin(3072, 2, 60);
    const images = noiseImages(model, 1);
    const [{ row }] = await runAttack(
      { attack: brendelBethge, norm, epsilons: [3072], shape: cifar },
      images,
      oracleOf(model),
    );
    const exact = norm === 'l1' ? leastChange(model, images[0].image) : exactDistance(model, images[0], norm);
    expect(row.success).toBe(true);
    expect(distanceOf(row, norm)).toBeGreaterThan(0.999_99 * exact);
    expect(distanceOf(row, norm)).toBeLessThan(1.01 * exact);
    expect(row.queries.gradient).toBeLessThan(200);
  });

  it.each([
    [768, 16, 2],
    [768, 16, 10],
    [3072, 32, 2],
    [3072, 32, 10],
  ])('changes no value more than it must in L0: %i values, side %i, %i classes', async (dimensions, side, classes) => {
    const model = affineWithMargin(dimensions, classes, Math.sqrt(dimensions));
    const images = noiseImages(model, 2);
    const results = await runAttack(
      {
        attack: brendelBethge,
        norm: 'l0',
        epsilons: [dimensions],
        shape: { channels: 3, height: side, width: side },
      },
      images,
      oracleOf(model),
    );
    for (const [index, { row }] of results.entries())
      expect(distanceOf(row, 'l0')).toBe(fewestChanges(model, images[index]));
  });

  it('takes the nearest way out of a sphere', async () => {
    const centre = new Float32Array(63).fill(0.5);
    const image = centre.slice();
    image[0] += 0.2;
    const [{ row }] = await runAttack(
      { attack: brendelBethge, norm: 'l2', epsilons: [10], shape: small },
      [{ id: 'inside', label: 0, image }],
      oracleOf(radialModel(centre, 0.4)),
    );
    expect(distanceOf(row, 'l2')).toBeGreaterThan(0.199_99);
    expect(distanceOf(row, 'l2')).toBeLessThan(0.202);
  });

  it('reaches a target', async () => {
    const model = affineWithMargin(63, 4, 2);
    const results = await runAttack(
      { attack: brendelBethge, norm: 'linf', epsilons: [1], shape: small, target: 'random' },
      noiseImages(model, 4),
      oracleOf(model),
    );
    for (const { row } of results) expect(row.success).toBe(true);
  });

  it('returns the clean image where nothing achieves the goal', async () => {
    const constant = affineOf([new Float64Array(63), new Float64Array(63)], [1, 0]);
    const images = noiseImages(constant, 1);
    const [{ row, point }] = await runAttack(
      { attack: brendelBethge, norm: 'l2', epsilons: [9], shape: small },
      images,
      oracleOf(constant),
    );
    expect(row.success).toBe(false);
    expect(point).toEqual(images[0].image);
  });
});
