/** Minimal-norm attacks on a published network agree with one another. */
import { describe, expect, it } from 'vitest';
import brendelBethge from '../../attacks/gradient/brendel-bethge.ts';
import ddn from '../../attacks/gradient/ddn.ts';
import fab from '../../attacks/gradient/fab.ts';
import fmn from '../../attacks/gradient/fmn.ts';
import type { AttackDefinition } from '../../src/plugin/attack.ts';
import type { Norm } from '../../src/plugin/threat.ts';
import { cifar10, data, resnet2b, shape } from '../support/cifar10.ts';
import { collected, seriesOf } from '../support/collected.ts';

const median = (values: readonly number[]) => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2;
};

describe.skipIf(data === undefined)('minimal-norm attacks on resnet_2b', async () => {
  const all = data === undefined ? undefined : await cifar10();
  /** Every 50th image: one of each class, some of them misclassified. */
  const dataset = all && { ...all, examples: all.examples.filter((_, index) => index % 50 === 2) };
  const setting = { model: resnet2b, dataset: dataset as NonNullable<typeof dataset>, shape };

  /** Distance of the nearest point, by example; 0 for a clean error. */
  const distancesOf = async (attack: AttackDefinition, norm: Norm) => {
    const rows = await collected({ ...setting, series: [seriesOf(attack, norm, ['1e-4'])] });
    return new Map(
      rows
        .filter(({ evaluation }) => evaluation !== 'clean')
        .map(({ example, distances }) => [example, distances?.[norm] ?? Number.POSITIVE_INFINITY]),
    );
  };

  it.each([
    ['l2', [fmn, ddn, fab, brendelBethge]],
    ['linf', [fmn, fab]],
  ] as const)('in %s: their median distances agree within a twentieth', async (norm, attacks) => {
    const medians: [string, number][] = [];
    for (const attack of attacks) {
      const found = [...(await distancesOf(attack, norm)).values()].filter((distance) => distance > 0);
      medians.push([attack.name, median(found)]);
    }
    console.log(`resnet_2b, ${norm}: ${medians.map(([name, value]) => `${name} ${value.toPrecision(4)}`).join(', ')}`);
    const values = medians.map(([, value]) => value);
    expect(Math.max(...values)).toBeLessThan(1.05 * Math.min(...values));
  });
});
