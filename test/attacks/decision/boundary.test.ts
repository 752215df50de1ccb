/** The boundary attack against the exact distance of a flat boundary, in the dimensions of a CIFAR image. */
import { describe, expect, it } from 'vitest';
import boundary from '../../../attacks/decision/boundary.ts';
import { oracleOf } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';
import { affineWithMargin, distanceOf, exactDistance } from './exact.ts';

describe('boundary', () => {
  it('is within 5 % of the optimum at its default budget', async () => {
    const model = affineWithMargin(3072, 2, 60);
    const images = noiseImages(model, 1);
    const [{ row }] = await runAttack(
      { attack: boundary, norm: 'l2', epsilons: [10], shape: { channels: 3, height: 32, width: 32 } },
      images,
      oracleOf(model),
    );
    const exact = exactDistance(model, images[0], 'l2');
    expect(row.success).toBe(true);
    expect(distanceOf(row, 'l2')).toBeGreaterThan(0.999_99 * exact);
    expect(distanceOf(row, 'l2')).toBeLessThan(1.05 * exact);
  });

  it('walks to the nearest boundary of the target class', async () => {
    const model = affineWithMargin(63, 3, 1);
    const images = noiseImages(model, 3);
    const results = await runAttack(
      { attack: boundary, norm: 'l2', epsilons: [10], shape: { channels: 1, height: 7, width: 9 }, target: 'random' },
      images,
      oracleOf(model),
    );
    for (const [i, { row }] of results.entries()) {
      expect(row.success).toBe(true);
      expect(distanceOf(row, 'l2')).toBeGreaterThan(0.999 * exactDistance(model, images[i], 'l2'));
    }
  });
});
