/** The confidence sequence's guarantee, by exact enumeration and by exact dynamic programming over all Bernoulli paths. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bettingInterval, capitalAgainst, clopperPearson } from '../../src/statistics/index.ts';

const limits = fc.double({ min: 0.02, max: 0.98, noNaN: true });

describe('the capital against "at most the limit"', () => {
  test('starts at 1', () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 3000 }), (limit, horizon) => {
        expect(capitalAgainst({ count: 0, total: 0 }, limit, { horizon, level: 0.025 })).toBeCloseTo(1, 9);
      }),
    );
  });

  test('is a martingale at the limit and a supermartingale below it, trial by trial', () => {
    fc.assert(
      fc.property(
        limits,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 400 }),
        fc.nat(399),
        fc.nat(400),
        (limit, share, horizon, made, successes) => {
          const total = made % horizon;
          const count = successes % (total + 1);
          const game = { horizon, level: 0.025 };
          const capital = (more: number) => capitalAgainst({ count: count + more, total: total + 1 }, limit, game);
          const before = capitalAgainst({ count, total }, limit, game);
          fc.pre(before < 1e9);
          const mean = (rate: number) => rate * capital(1) + (1 - rate) * capital(0);
          expect(mean(limit) / before).toBeCloseTo(1, 6);
          expect(mean(share * limit)).toBeLessThanOrEqual(before * (1 + 1e-6));
        },
      ),
    );
  });

  test.each([0.1, 0.5, 0.83])('has mean 1 over all paths of 12 trials at %d', (limit) => {
    const game = { horizon: 12, level: 0.05 };
    let mean = 0;
    for (let path = 0; path < 1 << 12; path++) {
      let count = 0;
      for (let trial = 0; trial < 12; trial++) count += (path >> trial) & 1;
      mean += limit ** count * (1 - limit) ** (12 - count) * capitalAgainst({ count, total: 12 }, limit, game);
    }
    expect(mean).toBeCloseTo(1, 9);
  });

  test('cannot be asked beyond its horizon', () => {
    const game = { horizon: 10, level: 0.05 };
    expect(() => capitalAgainst({ count: 3, total: 11 }, 0.5, game)).toThrow(RangeError);
    expect(() => capitalAgainst({ count: 3, total: 9 }, 1.5, game)).toThrow(RangeError);
  });
});

/** Chances, at a rate, that looking after every trial ever refutes "at most" and "at least" the limit. */
function everRefuted(rate: number, limit: number, horizon: number, level: number): [number, number] {
  const game = { horizon, level };
  let open = [1];
  let [more, fewer] = [0, 0];
  for (let total = 1; total <= horizon; total++) {
    const next = Array.from({ length: total + 1 }, () => 0);
    open.forEach((chance, count) => {
      next[count] += chance * (1 - rate);
      next[count + 1] += chance * rate;
    });
    next.forEach((chance, count) => {
      if (chance === 0) return;
      if (capitalAgainst({ count, total }, limit, game) >= 1 / level) more += chance;
      else if (capitalAgainst({ count: total - count, total }, 1 - limit, game) >= 1 / level) fewer += chance;
      else return;
      next[count] = 0;
    });
    open = next;
  }
  return [more, fewer];
}

describe('looking after every trial', () => {
  test.each([
    [0.4, 200],
    [0.9, 150],
    [0.05, 120],
  ])('errs at the limit of %d with a chance of at most 2.5 %% on either side, over %d trials', (limit, horizon) => {
    const [more, fewer] = everRefuted(limit, limit, horizon, 0.025);
    expect(more).toBeLessThanOrEqual(0.025);
    expect(fewer).toBeLessThanOrEqual(0.025);
    // And does not throw its level away: half of it is used where trials are not too few.
    expect(Math.max(more, fewer)).toBeGreaterThan(0.0125);
  });

  test('errs less, the further the truth is on the safe side', () => {
    const chances = [0.4, 0.38, 0.36].map((rate) => everRefuted(rate, 0.4, 150, 0.025)[0]);
    expect(chances).toEqual(chances.toSorted((a, b) => b - a));
  });
});

describe('the limits', () => {
  const counts = fc
    .tuple(fc.integer({ min: 1, max: 800 }), fc.nat(800), fc.nat(1200))
    .map(([total, part, more]) => ({ count: part % (total + 1), total, horizon: total + more }));

  test('refute just what the capital refutes', () => {
    fc.assert(
      fc.property(counts, fc.double({ min: 0.001, max: 0.999, noNaN: true }), ({ count, total, horizon }, limit) => {
        const { low } = bettingInterval({ count, total }, horizon);
        fc.pre(Math.abs(limit - low) > 1e-9);
        expect(capitalAgainst({ count, total }, limit, { horizon, level: 0.025 }) >= 40).toBe(limit < low);
      }),
      { numRuns: 300 },
    );
  });

  test('hold the estimate, mirror, and are wider than Clopper and Pearson’s', () => {
    fc.assert(
      fc.property(counts, ({ count, total, horizon }) => {
        const { low, high } = bettingInterval({ count, total }, horizon);
        const fixed = clopperPearson({ count, total });
        const mirrored = bettingInterval({ count: total - count, total }, horizon);
        expect(low).toBeLessThanOrEqual(count / total);
        expect(high).toBeGreaterThanOrEqual(count / total);
        expect(mirrored.low).toBeCloseTo(1 - high, 12);
        expect(low).toBeLessThanOrEqual(fixed.low + 1e-9);
      }),
      { numRuns: 100 },
    );
  });

  test('at the horizon are nearly those of a test made once: within a quarter of its reach', () => {
    for (const [count, total] of [
      [400, 1000],
      [1800, 2000],
      [30, 100],
    ]) {
      const { low, high } = bettingInterval({ count, total }, total);
      const fixed = clopperPearson({ count, total });
      expect(high - low).toBeLessThan(1.25 * (fixed.high - fixed.low));
      expect(low).toBeLessThanOrEqual(fixed.low);
      expect(high).toBeGreaterThanOrEqual(fixed.high);
    }
  });

  test('say nothing without trials', () => {
    expect(bettingInterval({ count: 0, total: 0 }, 100)).toMatchObject({ low: 0, high: 1 });
  });
});
