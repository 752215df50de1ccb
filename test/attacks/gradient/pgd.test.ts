import { describe, expect, it } from 'vitest';
import pgd from '../../../attacks/gradient/pgd.ts';
import sparseL1Descent from '../../../attacks/gradient/sparse-l1-descent.ts';
import { affineModel, oracleOf } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';
import { boundaryDistance } from './boundary-distance.ts';

const shape = { channels: 3, height: 32, width: 32 };

describe('projected gradient descent', () => {
  it.each([
    ['linf', 'steepest'],
    ['linf', 'momentum'],
    ['linf', 'adam'],
    ['l2', 'steepest'],
    ['l2', 'momentum'],
  ] as const)(
    '%s, %s: breaks an affine model just beyond the exact distance and not before',
    async (norm, optimizer) => {
      const model = affineModel(3072, 2);
      for (const image of noiseImages(model, 3, 0, 1)) {
        const exact = boundaryDistance(model, image, norm);
        const epsilons = [0.999 * exact, 1.01 * exact];
        const results = await runAttack(
          { attack: pgd, norm, epsilons, options: { optimizer }, shape },
          [image],
          oracleOf(model),
        );
        expect(results.map(({ row }) => row.success)).toEqual([false, true]);
      }
    },
  );

  it('refuses Adam outside L∞ and names what to use', async () => {
    const model = affineModel(3072, 2);
    const run = runAttack(
      { attack: pgd, norm: 'l2', epsilons: [1], options: { optimizer: 'adam' }, shape },
      noiseImages(model, 1),
      oracleOf(model),
    );
    await expect(run).rejects.toThrow(/momentum/);
  });
});

describe('sparse L1 descent', () => {
  it.each([
    [0.99, 31],
    [0.9, 308],
  ])('at quantile %d shares its budget evenly among the %i steepest of 3,072 coordinates', async (quantile, count) => {
    const model = affineModel(3072, 2);
    for (const image of noiseImages(model, 3)) {
      const slopes = model.weights[1].map((w, i) => Math.abs(w - model.weights[0][i])).toSorted();
      const logits = model.logits(image.image);
      const even =
        Math.abs(logits[0] - logits[1]) / (slopes.slice(-count).reduce((sum, slope) => sum + slope, 0) / count);
      const [below, above] = await runAttack(
        {
          attack: sparseL1Descent,
          norm: 'l1',
          epsilons: [0.99 * even, 1.01 * even],
          options: { restarts: 1, quantile },
          shape,
        },
        [image],
        oracleOf(model),
      );
      expect([below.row.success, above.row.success]).toEqual([false, true]);
    }
  });
});
