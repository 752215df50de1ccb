/** Decision attacks, which see nothing but labels, end near where attacks with gradients end, on a published network. */
import { describe, expect, it } from 'vitest';
import boundary from '../../attacks/decision/boundary.ts';
import geoda from '../../attacks/decision/geoda.ts';
import hopSkipJump from '../../attacks/decision/hop-skip-jump.ts';
import ddn from '../../attacks/gradient/ddn.ts';
import fmn from '../../attacks/gradient/fmn.ts';
import type { AttackDefinition } from '../../src/plugin/attack.ts';
import { cifar10, data, resnet2b, shape } from '../support/cifar10.ts';
import { collected, seriesOf } from '../support/collected.ts';

describe.skipIf(data === undefined)('decision attacks on resnet_2b in L2', async () => {
  const all = data === undefined ? undefined : await cifar10();
  /** Eight images, of eight classes. */
  const dataset = all && { ...all, examples: all.examples.filter((_, index) => index % 60 === 2).slice(0, 8) };
  const setting = { model: resnet2b, dataset: dataset as NonNullable<typeof dataset>, shape };

  /** Distance of the nearest point, by example; clean errors are left out. */
  const distancesOf = async (attack: AttackDefinition, options: object = {}) => {
    const rows = await collected({ ...setting, series: [seriesOf(attack, 'l2', ['1e-4'], options)] });
    const found = rows
      .filter(({ evaluation }) => evaluation !== 'clean')
      .map(({ example, distances }) => [example, distances?.l2 ?? Number.POSITIVE_INFINITY] as const);
    return new Map(found.filter(([, distance]) => distance > 0));
  };

  const gradient = data === undefined ? [] : [await distancesOf(fmn), await distancesOf(ddn)];
  const ofGradients = new Map(
    Array.from(gradient[0] ?? [], ([id, distance]) => [id, Math.min(distance, gradient[1].get(id) as number)]),
  );

  // Budgets are small ones: about a tenth of the queries of the defaults, so factors are those of a walk that has not ended.
  it.each([
    [hopSkipJump, { iterations: 16 }, 1.6],
    [boundary, { steps: 3000 }, 2.6],
    [geoda, { iterations: 16 }, 1.6],
  ] as const)(
    '$name',
    async (attack, options, most) => {
      const found = await distancesOf(attack, options);
      const ratios = Array.from(ofGradients, ([id, distance]) => (found.get(id) as number) / distance);
      console.log(
        `resnet_2b, ${attack.name}: ${ratios.map((ratio) => ratio.toPrecision(3)).join(', ')} × the distance with gradients`,
      );
      expect(ratios.length).toBeGreaterThan(3);
      for (const ratio of ratios) {
        expect(ratio).toBeGreaterThan(0.95);
        expect(ratio).toBeLessThan(most);
      }
    },
    60_000,
  );
});
