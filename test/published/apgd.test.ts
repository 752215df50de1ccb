import { describe, expect, it } from 'vitest';
import apgd from '../../attacks/gradient/apgd.ts';
import { cifar10, data, resnet2b, shape } from '../support/cifar10.ts';
import { collected, seriesOf, standing } from '../support/collected.ts';

/** Images that stand after the attack, of 500 or of those given. */
async function standingAfter(options: object, ids?: ReadonlySet<string>): Promise<Set<string>> {
  const dataset = await cifar10();
  const examples = dataset.examples.filter(({ id }) => ids?.has(id) ?? true);
  const series = [seriesOf(apgd, 'linf', ['8/255'], options)];
  const rows = await collected({ model: resnet2b, dataset: { ...dataset, examples }, shape, series });
  return standing(rows, 'apgd:linf:8/255');
}

describe.skipIf(data === undefined)('Auto-PGD on 500 CIFAR-10 images at 8/255', () => {
  it('is as strong as the official AutoAttack: 14.6 % stand after APGD-CE, 13.2 % after APGD-T, each give or take one image', async () => {
    const first = await standingAfter({ restarts: 1 });
    expect(first.size).toBeLessThanOrEqual(74);
    const second = await standingAfter({ restarts: 1, loss: 'dlr', targets: 9 }, first);
    console.log(`resnet_2b at 8/255: ${first.size / 5} % stand after APGD-CE, ${second.size / 5} % after APGD-T`);
    expect(second.size).toBeLessThanOrEqual(67);
  });
});
