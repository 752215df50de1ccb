/** GeoDA against exact distances: a flat boundary, for which one normal says all, and a sphere, for which it does not. */
import { describe, expect, it } from 'vitest';
import geoda from '../../../attacks/decision/geoda.ts';
import { affineOf, oracleOf, radialModel } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';
import { affineWithMargin, distanceOf, exactDistance, leastChange } from './exact.ts';

const small = { channels: 1, height: 16, width: 16 };

describe('geoda', () => {
  // The error of the normal depends on probes per value only, so that 768 values and a quarter of the default probes (3,072 values) are as hard.
  it.each(['l2', 'linf', 'l1'] as const)('is nearly optimal on a flat boundary in %s', async (norm) => {
    const model = affineWithMargin(768, 2, 30);
    const images = noiseImages(model, 1);
    const [{ row }] = await runAttack(
      { attack: geoda, norm, epsilons: [768], shape: { channels: 3, height: 16, width: 16 }, options: { probes: 40 } },
      images,
      oracleOf(model),
    );
    const exact = norm === 'l1' ? leastChange(model, images[0].image) : exactDistance(model, images[0], norm);
    expect(row.success).toBe(true);
    expect(distanceOf(row, norm)).toBeGreaterThan(0.999_99 * exact);
    expect(distanceOf(row, norm)).toBeLessThan(1.05 * exact);
    // Σ √j to 64 is 345.3.
    expect(row.queries.decision).toBeLessThan(40 * 346 + 64 * 30);
  });

  it('takes nearly the nearest way out of a sphere', async () => {
    const centre = new Float32Array(256).fill(0.5);
    const image = centre.slice();
    image[0] += 0.2;
    const [{ row }] = await runAttack(
      { attack: geoda, norm: 'l2', epsilons: [10], shape: small, options: { probes: 40 } },
      [{ id: 'inside', label: 0, image }],
      oracleOf(radialModel(centre, 0.4)),
    );
    expect(distanceOf(row, 'l2')).toBeGreaterThan(0.199_99);
    expect(distanceOf(row, 'l2')).toBeLessThan(0.23);
  });

  it('reaches a target', async () => {
    const model = affineWithMargin(256, 4, 2);
    const given = { attack: geoda, epsilons: [256], shape: small, target: 'random' as const };
    for (const norm of geoda.threats) {
      const options = { iterations: 5, probes: 20 };
      for (const { row } of await runAttack({ ...given, norm, options }, noiseImages(model, 2), oracleOf(model)))
        expect(row.success).toBe(true);
    }
  });

  it('returns the clean image where nothing achieves the goal', async () => {
    const constant = affineOf([new Float64Array(256), new Float64Array(256)], [1, 0]);
    const images = noiseImages(constant, 1);
    const [{ row, point }] = await runAttack(
      { attack: geoda, norm: 'l1', epsilons: [9], shape: small },
      images,
      oracleOf(constant),
    );
    expect(row).toMatchObject({ success: false, queries: { decision: 1000 } });
    expect(point).toEqual(images[0].image);
  });
});
