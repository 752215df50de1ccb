import { describe, expect, it } from 'vitest';
import onePixel from '../../../attacks/score/one-pixel.ts';
import { affineModel, affineOf, oracleOf } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';

const shape = { channels: 3, height: 8, width: 8 };
const area = shape.height * shape.width;

/** A two-class affine model whose margin at mid-grey is `share` of what the best single pixel can take away. */
function modelWithMargin(share: number, seed: number) {
  const { weights } = affineModel(3 * area, 2, seed);
  const gain = new Float64Array(area);
  let atGrey = 0;
  for (let i = 0; i < 3 * area; i++) {
    gain[i % area] += Math.abs(weights[1][i] - weights[0][i]) / 2;
    atGrey += (weights[0][i] - weights[1][i]) / 2;
  }
  return affineOf(weights, [share * Math.max(...gain) - atGrey, 0]);
}

describe('one-pixel', () => {
  const image = new Float32Array(3 * area).fill(0.5);

  it.each([
    [0.9, true],
    [1.01, false],
  ])('finds one pixel if there is one: a margin of %d of the best pixel', async (share, success) => {
    for (let seed = 0; seed < 5; seed++) {
      const judged = await runAttack(
        { attack: onePixel, norm: 'l0', epsilons: [3], shape, seed },
        [{ id: 'grey', label: 0, image }],
        oracleOf(modelWithMargin(share, seed)),
      );
      const [{ row, point }] = judged;
      expect(row.success).toBe(success);
      expect(row.violation).toBeUndefined();
      const pixels = new Set(Array.from(image.keys()).flatMap((i) => (point[i] === image[i] ? [] : [i % area])));
      expect(pixels.size).toBeLessThanOrEqual(1);
      if (!success) expect(row.queries.score).toBe(400 * 101);
    }
  });

  it('changes one channel where ε allows no more, and several pixels where it does', async () => {
    const model = affineModel(3 * area, 3);
    const options = { population: 40, generations: 10 };
    for (const epsilon of [1, 7]) {
      const run = { attack: onePixel, norm: 'l0', epsilons: [epsilon], options, shape } as const;
      for (const { row } of await runAttack(run, noiseImages(model, 4), oracleOf(model))) {
        expect(row.violation).toBeUndefined();
        expect(row.distances?.l0).toBeLessThanOrEqual(epsilon);
      }
    }
  });
});
