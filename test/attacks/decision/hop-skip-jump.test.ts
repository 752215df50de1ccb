/** HopSkipJump against the exact distance of a flat boundary, in the dimensions of a CIFAR image, and of a sphere. */
import { describe, expect, it } from 'vitest';
import hopSkipJump from '../../../attacks/decision/hop-skip-jump.ts';
import { affineOf, oracleOf, radialModel } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';
import { affineWithMargin, distanceOf, exactDistance } from './exact.ts';

const cifar = { channels: 3, height: 32, width: 32 };
const small = { channels: 1, height: 7, width: 9 };

describe('hop-skip-jump', () => {
  it.each(['l2', 'linf'] as const)('is nearly optimal at its default budget in %s', async (norm) => {
    const model = affineWithMargin(3072, 2, 60);
    const images = noiseImages(model, 1);
    const [{ row }] = await runAttack(
      { attack: hopSkipJump, norm, epsilons: [10], shape: cifar },
      images,
      oracleOf(model),
    );
    const exact = exactDistance(model, images[0], norm);
    expect(row.success).toBe(true);
    expect(distanceOf(row, norm)).toBeGreaterThan(0.999_99 * exact);
    expect(distanceOf(row, norm)).toBeLessThan(1.05 * exact);
  });

  it('takes the nearest way out of a sphere', async () => {
    // Off the centre by 0.2 along the first axis, so that the nearest point is radius − 0.2 away on that axis.
    const centre = new Float32Array(63).fill(0.5);
    const image = centre.slice();
    image[0] += 0.2;
    const [{ row }] = await runAttack(
      { attack: hopSkipJump, norm: 'l2', epsilons: [10], shape: small },
      [{ id: 'inside', label: 0, image }],
      oracleOf(radialModel(centre, 0.4)),
    );
    expect(distanceOf(row, 'l2')).toBeGreaterThan(0.199_99);
    expect(distanceOf(row, 'l2')).toBeLessThan(0.21);
  });

  it('asks about its budget and no more', async () => {
    const model = affineWithMargin(63, 3, 1);
    const results = await runAttack(
      { attack: hopSkipJump, norm: 'l2', epsilons: [10], shape: small, options: { iterations: 9, probes: 10 } },
      noiseImages(model, 3),
      oracleOf(model),
    );
    // Σ √j to 9 is 19.3: 193 probes, and at most two landings of 12 decisions with 20 halvings each.
    for (const { row } of results) expect(row.queries.decision).toBeLessThan(193 + 9 * 46 + 30);
  });

  it('returns the clean image where nothing achieves the goal', async () => {
    const constant = affineOf([new Float64Array(63), new Float64Array(63)], [1, 0]);
    const images = noiseImages(constant, 1);
    const [{ row, point }] = await runAttack(
      { attack: hopSkipJump, norm: 'linf', epsilons: [1], shape: small },
      images,
      oracleOf(constant),
    );
    expect(row).toMatchObject({ success: false, queries: { decision: 1000 } });
    expect(point).toEqual(images[0].image);
  });
});
