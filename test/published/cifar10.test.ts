import { describe, expect, it } from 'vitest';
import pgd from '../../attacks/gradient/pgd.ts';
import { cifar10, cifar10Small, data, resnet2b, shape } from '../support/cifar10.ts';
import { collected, seriesOf, standing } from '../support/collected.ts';

describe.skipIf(data === undefined)('third-party models on 500 CIFAR-10 images', () => {
  it.each([
    [resnet2b, 339],
    [cifar10Small, 289],
  ])('classifies as many clean images correctly as published', async (model, correct) => {
    const rows = await collected({ model, dataset: await cifar10(), shape, series: [] });
    expect(standing(rows, 'clean').size).toBe(correct);
  });

  it('attacks with 40 PGD steps at least as strongly as Foolbox: 54.6 % stand at 2/255 and 16.4 % at 8/255', async () => {
    const dataset = await cifar10();
    const series = [seriesOf(pgd, 'linf', ['2/255', '8/255'])];
    const seeds = [0, 1, 2, 3, 4];
    const robust = { '2/255': 0, '8/255': 0 };
    for (const seed of seeds) {
      const rows = await collected({ model: resnet2b, dataset, shape, series, seed });
      for (const row of rows.filter(({ evaluation }) => evaluation !== 'clean')) {
        expect(row.distances?.linf).toBeLessThanOrEqual(row.evaluation.endsWith('2/255') ? 2 / 255 : 8 / 255);
        expect(row.violation).toBeUndefined();
      }
      for (const epsilon of ['2/255', '8/255'] as const)
        robust[epsilon] += standing(rows, `pgd:linf:${epsilon}`).size / (500 * seeds.length);
    }
    console.log(`robust accuracy of resnet_2b under PGD-40, mean of 5 seeds: ${JSON.stringify(robust)}`);
    expect(robust['2/255']).toBeLessThanOrEqual(0.546);
    expect(robust['8/255']).toBeLessThanOrEqual(0.164);
  });
});
