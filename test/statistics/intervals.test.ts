/** Intervals against Newcombe's published tables, the COMPAS file's own numbers, and the laws any interval obeys. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clopperPearson, katzLogRatio, newcombe, wilson } from '../../src/statistics/index.ts';

/** `places` decimals as printed. */
const close = (actual: number, printed: number, places: number) =>
  expect(Math.abs(actual - printed)).toBeLessThanOrEqual(0.5 * 10 ** -places * 1.0001);

// Newcombe 1998, Stat. Med. 17:857, table I, and two COMPAS false-negative rates.
test.each([
  [81, 263, 0.255289, 0.36621, 0.252737, 0.367622],
  [15, 148, 0.062386, 0.160487, 0.057844, 0.16165],
  [1, 29, 0.006113, 0.171755, 0.000873, 0.177644],
  [0, 10, 0, 0.277533, 0, 0.308497],
  [10, 10, 0.722467, 1, 0.691503, 1],
  [1, 10, 0.017876, 0.40415, 0.002529, 0.445016],
  [532, 1901, 0.260132, 0.300462, 0.259761, 0.300625],
  [461, 966, 0.445881, 0.508751, 0.445321, 0.50927],
])('%i of %i: Wilson and Clopper–Pearson', (count, total, wilsonLow, wilsonHigh, exactLow, exactHigh) => {
  const score = wilson({ count, total });
  close(score.low, wilsonLow, 6);
  close(score.high, wilsonHigh, 6);
  const exact = clopperPearson({ count, total });
  close(exact.low, exactLow, 6);
  close(exact.high, exactHigh, 6);
});

// Newcombe 1998, Stat. Med. 17:873, table II, method 10.
test.each([
  [56, 70, 48, 80, 0.0524, 0.3339],
  [9, 10, 3, 10, 0.1705, 0.809],
  [6, 7, 2, 7, 0.0582, 0.8062],
  [5, 56, 0, 29, -0.0381, 0.1926],
  [0, 10, 0, 20, -0.1611, 0.2775],
  [0, 10, 0, 10, -0.2775, 0.2775],
  [10, 10, 0, 20, 0.6791, 1],
  [10, 10, 0, 10, 0.6075, 1],
])('%i/%i − %i/%i: Newcombe', (count1, total1, count2, total2, low, high) => {
  const interval = newcombe({ count: count1, total: total1 }, { count: count2, total: total2 });
  close(interval.low, low, 4);
  close(interval.high, high, 4);
});

test('Katz: the ratio of two COMPAS false-negative rates', () => {
  const interval = katzLogRatio({ count: 461, total: 966 }, { count: 532, total: 1901 });
  close(interval?.ratio ?? Number.NaN, 1.70527, 5);
  close(interval?.low ?? Number.NaN, 1.54646, 5);
  close(interval?.high ?? Number.NaN, 1.8804, 5);
  expect(katzLogRatio({ count: 0, total: 5 }, { count: 1, total: 5 })).toBeNull();
  expect(katzLogRatio({ count: 1, total: 5 }, { count: 0, total: 5 })).toBeNull();
});

test('the rule of three: none of n gives an upper limit near 3/n at one-sided 95 %', () => {
  const { high } = clopperPearson({ count: 0, total: 1000 }, 0.9);
  expect(high).toBeCloseTo(1 - 0.05 ** (1 / 1000), 12);
  expect(high).toBeCloseTo(3 / 1000, 4);
});

test('no trials say nothing', () => {
  for (const interval of [wilson, clopperPearson])
    expect(interval({ count: 0, total: 0 })).toMatchObject({ low: 0, high: 1 });
  expect(() => newcombe({ count: 0, total: 0 }, { count: 1, total: 2 })).toThrow(RangeError);
});

test('counts that cannot be are refused', () => {
  for (const [count, total] of [
    [-1, 5],
    [6, 5],
    [Number.NaN, 5],
    [1, Number.NaN],
    [1, Number.POSITIVE_INFINITY],
  ]) {
    expect(() => wilson({ count, total })).toThrow(RangeError);
    expect(() => clopperPearson({ count, total })).toThrow(RangeError);
  }
  for (const confidence of [0, 1, -1, Number.NaN])
    expect(() => wilson({ count: 1, total: 2 }, confidence)).toThrow(RangeError);
});

const proportion = fc
  .tuple(fc.integer({ min: 1, max: 3000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([total, share]) => ({ count: Math.round(total * share), total }));

test.each([
  ['Wilson', wilson],
  ['Clopper–Pearson', clopperPearson],
])('%s: contains the estimate, mirrors, nests and grows', (_, interval) => {
  fc.assert(
    fc.property(proportion, ({ count, total }) => {
      const { low, high } = interval({ count, total });
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      expect(low).toBeLessThanOrEqual(count / total);
      expect(high).toBeGreaterThanOrEqual(count / total);
      const mirrored = interval({ count: total - count, total });
      expect(mirrored.low).toBeCloseTo(1 - high, 9);
      const wider = interval({ count, total }, 0.99);
      expect(wider.low).toBeLessThanOrEqual(low);
      expect(wider.high).toBeGreaterThanOrEqual(high);
      if (count < total) {
        const next = interval({ count: count + 1, total });
        expect(next.low).toBeGreaterThan(low);
        expect(next.high).toBeGreaterThanOrEqual(high);
      }
    }),
    { numRuns: 200 },
  );
});

test('Clopper–Pearson covers: binomial tails at its limits are exactly half of what is left', () => {
  // P(X ≥ 3 | n = 8, low) and P(X ≤ 3 | n = 8, high), summed term by term.
  const choose = [1, 8, 28, 56, 70, 56, 28, 8, 1];
  const term = (k: number, p: number) => choose[k] * p ** k * (1 - p) ** (8 - k);
  const { low, high } = clopperPearson({ count: 3, total: 8 }, 0.9);
  expect([3, 4, 5, 6, 7, 8].reduce((sum, k) => sum + term(k, low), 0)).toBeCloseTo(0.05, 12);
  expect([0, 1, 2, 3].reduce((sum, k) => sum + term(k, high), 0)).toBeCloseTo(0.05, 12);
});

test('Newcombe: contains the difference and changes sign with its sides', () => {
  fc.assert(
    fc.property(proportion, proportion, (first, second) => {
      const { low, high } = newcombe(first, second);
      const difference = first.count / first.total - second.count / second.total;
      expect(low).toBeLessThanOrEqual(difference + 1e-12);
      expect(high).toBeGreaterThanOrEqual(difference - 1e-12);
      const swapped = newcombe(second, first);
      expect(swapped.low).toBeCloseTo(-high, 12);
      expect(swapped.high).toBeCloseTo(-low, 12);
    }),
  );
});
