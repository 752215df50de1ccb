/** Tests and corrections against published p-values and the laws they obey. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { benjaminiHochberg, fisherExact, holm, mcnemarExact, type Proportion } from '../../src/statistics/index.ts';

const of = (count: number, total: number): Proportion => ({ count, total });
const flipped = ({ count, total }: Proportion) => of(total - count, total);
const relative = (actual: number, expected: number, tolerance: number) =>
  expect(Math.abs(actual / expected - 1)).toBeLessThan(tolerance);

describe('Fisher', () => {
  test.each([
    [3, 1, 1, 3, 0.4857142857],
    [1, 9, 11, 3, 0.002759456],
    [532, 1369, 461, 505, 2.561776e-25],
    [1, 9, 461, 505, 0.02259385712],
    [1, 9, 3, 6, 0.3034],
  ])('[[%i, %i], [%i, %i]]', (a, b, c, d, p) => {
    relative(fisherExact(of(a, a + b), of(c, c + d)), p, p === 0.3034 ? 1e-3 : 1e-6);
  });

  test('ignores the order of sides and of outcomes, and stays in (0, 1]', () => {
    const side = fc.tuple(fc.nat(60), fc.nat(60)).map(([count, rest]) => of(count, count + rest));
    fc.assert(
      fc.property(side, side, (first, second) => {
        const p = fisherExact(first, second);
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(fisherExact(second, first)).toBeCloseTo(p, 10);
        expect(fisherExact(flipped(first), flipped(second))).toBeCloseTo(p, 10);
      }),
    );
  });

  test('a side without trials says nothing', () => {
    expect(fisherExact(of(0, 0), of(3, 7))).toBeCloseTo(1, 12);
  });
});

describe('McNemar', () => {
  test.each([
    [27, 452, 1.387016e-100],
    [9, 58, 6.811498e-10],
    [22, 6, 0.003719166],
    [6, 0, 0.03125],
    [3, 0, 0.25],
    [10, 2, 0.038574219],
    [5, 5, 1],
    [0, 0, 1],
  ])('%i losses, %i gains', (losses, gains, p) => {
    relative(mcnemarExact(losses, gains), p, 1e-6);
    expect(mcnemarExact(gains, losses)).toBe(mcnemarExact(losses, gains));
  });

  test('one-sided: the chance of as many losses among the changes', () => {
    expect(mcnemarExact(3, 0, 'worse')).toBeCloseTo(1 / 8, 14);
    expect(mcnemarExact(0, 3, 'worse')).toBe(1);
    expect(mcnemarExact(2, 1, 'worse')).toBeCloseTo(4 / 8, 14);
    expect(() => mcnemarExact(1.5, 1)).toThrow(RangeError);
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), (losses, gains) => {
        // P(X ≥ b) + P(X ≤ b − 1) = 1, and by symmetry P(X ≤ b − 1) = P(X ≥ c + 1).
        const rest = losses === 0 ? 0 : mcnemarExact(gains + 1, losses - 1, 'worse');
        expect(mcnemarExact(losses, gains, 'worse') + rest).toBeCloseTo(1, 10);
      }),
    );
  });
});

describe('several hypotheses', () => {
  const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });

  test('the worked example', () => {
    const p = [0.01, 0.04, 0.03, 0.005];
    [0.03, 0.06, 0.06, 0.02].forEach((expected, index) => expect(holm(p)[index]).toBeCloseTo(expected, 12));
    [0.02, 0.04, 0.04, 0.02].forEach((expected, index) =>
      expect(benjaminiHochberg(p)[index]).toBeCloseTo(expected, 12),
    );
    expect(holm([])).toEqual([]);
    expect(() => holm([Number.NaN])).toThrow(RangeError);
  });

  test('p ≤ Benjamini–Hochberg ≤ Holm ≤ Bonferroni, all in order and in [0, 1]', () => {
    fc.assert(
      fc.property(values, (p) => {
        const familywise = holm(p);
        const discovery = benjaminiHochberg(p);
        p.forEach((value, index) => {
          expect(discovery[index]).toBeGreaterThanOrEqual(value * (1 - 1e-12));
          expect(familywise[index]).toBeGreaterThanOrEqual(discovery[index] * (1 - 1e-12));
          expect(familywise[index]).toBeLessThanOrEqual(Math.min(1, p.length * value));
          p.forEach((other, second) => {
            if (value < other) {
              expect(familywise[index]).toBeLessThanOrEqual(familywise[second]);
              expect(discovery[index]).toBeLessThanOrEqual(discovery[second]);
            }
          });
        });
      }),
    );
  });
});
