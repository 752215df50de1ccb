import { describe, expect, it } from 'vitest';
import gaussianNoise from '../../../attacks/none/gaussian-noise.ts';
import uniformNoise from '../../../attacks/none/uniform-noise.ts';
import { distances } from '../../../src/threat/box.ts';
import { affineModel, affineOf, oracleOf } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';

const shape = { channels: 3, height: 8, width: 8 };
const length = 192;

describe('repeated noise', () => {
  it.each([
    ['gaussian-noise', gaussianNoise, 'l2'],
    ['gaussian-noise', gaussianNoise, 'l1'],
    ['uniform-noise', uniformNoise, 'l2'],
    ['uniform-noise', uniformNoise, 'l1'],
  ] as const)('of %3$s norm ε, also in a corner of the box (%1$s)', async (_, attack, norm) => {
    // Black images: half of every direction leads out of the box.
    const image = new Float32Array(length);
    const seen: number[] = [];
    const oracle = oracleOf(affineOf([new Float64Array(length), new Float64Array(length)], [1, 0]), {}, (question) => {
      if (question.ask !== 'decision') return;
      for (const point of question.points) seen.push(distances(point, image)[norm]);
    });
    const epsilon = norm === 'l2' ? 2 : 12;
    const run = { attack, norm, epsilons: [epsilon], shape };
    const [{ row }] = await runAttack(run, [{ id: 'black', label: 0, image }], oracle);
    expect(row).toMatchObject({ success: false, queries: { gradient: 0, score: 0, decision: 100 } });
    for (const distance of seen) expect(Math.abs(distance - epsilon)).toBeLessThan(1e-4);
  });

  // The projection of a uniform direction of the sphere onto w is normal with deviation ε‖w‖/√n: at a margin of two deviations one
  // draw crosses it with probability 0.0228, a hundred with 0.90; at eight, never.
  it.each([
    [2, 0.8, 1],
    [8, 0, 0],
  ])('crosses a hyperplane at %d deviations as often as chance says', async (deviations, least, most) => {
    const model = affineModel(length, 2);
    const images = noiseImages(model, 40, 0.49, 0.51);
    let found = 0;
    for (const one of images) {
      const logits = model.logits(one.image);
      const difference = model.weights[0].map((w, i) => w - model.weights[1][i]);
      const distance = Math.abs(logits[0] - logits[1]) / Math.hypot(...difference);
      const epsilon = (distance * Math.sqrt(length)) / deviations;
      const run = { attack: gaussianNoise, norm: 'l2', epsilons: [epsilon], shape } as const;
      const [{ row }] = await runAttack(run, [one], oracleOf(model));
      found += +row.success / images.length;
    }
    expect(found).toBeGreaterThanOrEqual(least);
    expect(found).toBeLessThanOrEqual(most);
  });
});
