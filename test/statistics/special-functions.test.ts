/** Log-gamma, incomplete beta and the normal distribution against jStat and closed forms. */
import fc from 'fast-check';
import jStat from 'jstat';
import { expect, test } from 'vitest';
import {
  inverseRegularizedBeta,
  logGamma,
  logRegularizedBeta,
  normalCdf,
  normalQuantile,
  regularizedBeta,
} from '../../src/statistics/index.ts';

test('log-gamma: factorials, the half, and jStat', () => {
  let factorial = 1;
  for (let n = 1; n <= 20; n++) {
    expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 12);
    factorial *= n;
  }
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 14);
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 1e5, noNaN: true }), (x) => {
      expect(Math.abs(logGamma(x) - jStat.gammaln(x))).toBeLessThan(1e-9 * Math.max(1, Math.abs(logGamma(x))));
      // Γ(x + 1) = x·Γ(x)
      expect(Math.abs(logGamma(x + 1) - logGamma(x) - Math.log(x))).toBeLessThan(1e-9);
    }),
  );
  expect(() => logGamma(0)).toThrow(RangeError);
});

const shape = fc.double({ min: 0.5, max: 500, noNaN: true });
/** Whose distance to 1 is a double as well, so that I_x(a, b) + I_1−x(b, a) = 1 can be asked for. */
const unit = fc.nat(2 ** 26).map((part) => part / 2 ** 26);

test('incomplete beta: jStat, reflection, and closed forms', () => {
  fc.assert(
    fc.property(unit, shape, shape, (x, a, b) => {
      const value = regularizedBeta(x, a, b);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
      expect(Math.abs(value - jStat.ibeta(x, a, b))).toBeLessThan(1e-7);
      expect(Math.abs(value + regularizedBeta(1 - x, b, a) - 1)).toBeLessThan(1e-7);
    }),
  );
  // I_x(a, 1) = xᵃ, I_x(1, b) = 1 − (1 − x)ᵇ, and symmetry at the half.
  for (const x of [0.001, 0.2, 0.5, 0.97]) {
    expect(regularizedBeta(x, 3.5, 1)).toBeCloseTo(x ** 3.5, 13);
    expect(regularizedBeta(x, 1, 7)).toBeCloseTo(1 - (1 - x) ** 7, 13);
  }
  expect(regularizedBeta(0.5, 40, 40)).toBeCloseTo(0.5, 12);
  // Far below the range of doubles: ln I_x(a, 1) = a·ln x.
  expect(logRegularizedBeta(0.1, 5000, 1)).toBeCloseTo(5000 * Math.log(0.1), 8);
  // P(K ≥ 5000 | n = 9999, ½) is one half: large shapes converge.
  expect(regularizedBeta(0.5, 5000, 5000)).toBeCloseTo(0.5, 9);
});

test('inverse of the incomplete beta returns to where it came from', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), shape, shape, (probability, a, b) => {
      const x = inverseRegularizedBeta(probability, a, b);
      expect(regularizedBeta(x, a, b)).toBeCloseTo(probability, 9);
    }),
    { numRuns: 50 },
  );
  expect(inverseRegularizedBeta(0, 2, 3)).toBe(0);
  expect(inverseRegularizedBeta(1, 2, 3)).toBe(1);
  expect(() => inverseRegularizedBeta(1.1, 2, 3)).toThrow(RangeError);
});

test('normal distribution: tabulated values, jStat, and round trips', () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
  expect(normalQuantile(0.5)).toBe(0);
  expect(normalCdf(0)).toBe(0.5);
  // Abramowitz & Stegun table 26.1.
  expect(normalCdf(1)).toBeCloseTo(0.841344746068543, 14);
  expect(normalCdf(3)).toBeCloseTo(0.99865010196837, 14);
  expect(normalCdf(-6) / 9.865876450377018e-10).toBeCloseTo(1, 12);
  expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
  expect(() => normalQuantile(Number.NaN)).toThrow(RangeError);
  fc.assert(
    fc.property(fc.double({ min: -7, max: 7, noNaN: true }), (x) => {
      expect(normalCdf(x)).toBeCloseTo(jStat.normal.cdf(x, 0, 1), 10);
      expect(normalCdf(x) + normalCdf(-x)).toBeCloseTo(1, 14);
      const tail = -Math.abs(x);
      expect(normalQuantile(normalCdf(tail))).toBeCloseTo(tail, 10);
    }),
  );
});
