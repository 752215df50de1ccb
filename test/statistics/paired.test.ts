/** Tango's interval against printed values, R, and the likelihood that defines it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Pairs, tango } from '../../src/statistics/index.ts';

const close = (actual: number, printed: number, places: number) =>
  expect(Math.abs(actual - printed)).toBeLessThanOrEqual(0.5 * 10 ** -places * 1.0001);

test.each([
  // Bentur's airway data, as in Fagerland, Lydersen & Laake 2014, Stat. Med. 33:2850.
  [1, 7, 21, 0.95, -0.517, -0.026, 3],
  // R's PropCIs 0.3-0, scoreci.mp(25, 28, 618, 0.9).
  [28, 25, 618, 0.9, -0.0148, 0.0247, 4],
])('%i lost and %i gained of %i at %d', (losses, gains, total, confidence, low, high, places) => {
  const interval = tango({ losses, gains, total }, confidence);
  close(interval.low, low, places);
  close(interval.high, high, places);
});

test('the soft contact lenses of Tango 1998, section 6.1: lower 90 % limit −0.096', () => {
  close(tango({ losses: 0, gains: 1, total: 44 }, 0.9).low, -0.096, 3);
});

const pairs = fc
  .tuple(fc.nat(60), fc.nat(60), fc.nat(120))
  .map(([losses, gains, ties]): Pairs => ({ losses, gains, total: losses + gains + ties }))
  .filter(({ total }) => total > 0);

/** The score statistic at a difference, with the likelihood maximised by golden-section search instead of Tango's formula. */
function score({ losses, gains, total }: Pairs, difference: number): number {
  const term = (count: number, rate: number) => (count === 0 ? 0 : count * Math.log(Math.max(rate, 1e-300)));
  const likelihood = (gained: number) =>
    term(losses, gained + difference) + term(gains, gained) + term(total - losses - gains, 1 - 2 * gained - difference);
  let [low, high] = [Math.max(0, -difference), (1 - difference) / 2];
  const golden = (Math.sqrt(5) - 1) / 2;
  for (let i = 0; i < 90; i++) {
    const [left, right] = [high - golden * (high - low), low + golden * (high - low)];
    if (likelihood(left) < likelihood(right)) low = left;
    else high = right;
  }
  const gained = (low + high) / 2;
  return (losses - gains - total * difference) / Math.sqrt(total * (2 * gained + difference - difference ** 2));
}

test('each limit is where the score test with the likelihood maximised numerically reaches the normal quantile', () => {
  fc.assert(
    fc.property(pairs, (counts) => {
      const { low, high } = tango(counts);
      if (low > -1) expect(score(counts, low)).toBeCloseTo(1.959964, 3);
      if (high < 1) expect(score(counts, high)).toBeCloseTo(-1.959964, 3);
    }),
  );
});

test('laws: inside [−1, 1], around the estimate, mirrored when the two are swapped, wider with confidence', () => {
  fc.assert(
    fc.property(pairs, ({ losses, gains, total }) => {
      const { low, high } = tango({ losses, gains, total });
      const estimate = (losses - gains) / total;
      expect(-1 <= low && low <= estimate && estimate <= high && high <= 1).toBe(true);
      const mirrored = tango({ losses: gains, gains: losses, total });
      expect(mirrored.low).toBeCloseTo(-high, 12);
      const wide = tango({ losses, gains, total }, 0.99);
      expect(wide.low <= low && high <= wide.high).toBe(true);
    }),
  );
});

test('zero is inside exactly when McNemar’s statistic without correction is below the quantile', () => {
  fc.assert(
    fc.property(pairs, ({ losses, gains, total }) => {
      const statistic = losses + gains === 0 ? 0 : (losses - gains) / Math.sqrt(losses + gains);
      const { low, high } = tango({ losses, gains, total });
      expect(low <= 0 && 0 <= high).toBe(Math.abs(statistic) <= 1.959964);
    }),
  );
});

test('nothing lost or gained still leaves a difference of z²/(n + z²) open', () => {
  // With no discordant pair the score equation is solved by q = 0: nδ² = z²δ(1 − δ).
  const z2 = 1.959963984540054 ** 2;
  const { low, high } = tango({ losses: 0, gains: 0, total: 200 });
  expect(high).toBeCloseTo(z2 / (200 + z2), 10);
  expect(low).toBeCloseTo(-high, 12);
});

test.each([
  { losses: 1, gains: 0, total: 0 },
  { losses: 6, gains: 6, total: 10 },
  { losses: -1, gains: 0, total: 10 },
  { losses: 0.5, gains: 0, total: 10 },
])('counts that are none: %o', (counts) => {
  expect(() => tango(counts)).toThrow(RangeError);
});
