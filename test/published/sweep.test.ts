/** The sweep over ε against fresh attacks, on third-party networks. */
import { describe, it } from 'vitest';
import apgd from '../../attacks/gradient/apgd.ts';
import pgd from '../../attacks/gradient/pgd.ts';
import { cifar10, cifar10Small, data, resnet2b, shape } from '../support/cifar10.ts';
import { seriesOf } from '../support/collected.ts';
import { checkSweep } from '../support/sweep.ts';

describe.skipIf(data === undefined)('500 CIFAR-10 images', () => {
  it.each([
    ['resnet_2b', 'PGD', resnet2b, seriesOf(pgd, 'linf', ['2/255', '4/255', '8/255'], { steps: 20 })],
    ['resnet_2b', 'Auto-PGD', resnet2b, seriesOf(apgd, 'linf', ['2/255', '8/255'], { iterations: 20, restarts: 1 })],
    ['cifar10_small', 'PGD', cifar10Small, seriesOf(pgd, 'linf', ['1/255', '2/255', '4/255'], { steps: 20 })],
    [
      'cifar10_small',
      'Auto-PGD',
      cifar10Small,
      seriesOf(apgd, 'linf', ['1/255', '4/255'], { iterations: 20, restarts: 1 }),
    ],
  ])(
    '%s, %s: more fall in a larger ball, and none that fell in a smaller one stands again',
    async (name, attack, model, series) => {
      const counts = await checkSweep({ model, dataset: await cifar10(), shape }, series);
      console.log(
        `${name}, ${attack}: ${series.epsilons.map(({ text }, i) => `${counts[i][0]} stand at ${text} cold, ${counts[i][1]} warm`).join('; ')}`,
      );
    },
  );
});
