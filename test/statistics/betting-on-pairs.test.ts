/** The paired confidence sequence's guarantee: martingales by enumeration of one step, error rates by dynamic programming over all trinomial paths. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capitalAgainstDifference, lowestDifference, type Pairs } from '../../src/statistics/index.ts';

const differences = fc.double({ min: -0.9, max: 0.9, noNaN: true });
const counts = fc
  .tuple(fc.nat(60), fc.nat(60), fc.nat(2000))
  .map(([losses, gains, ties]): Pairs => ({ losses, gains, total: losses + gains + ties }));

const after = ({ losses, gains, total }: Pairs, change: 1 | 0 | -1): Pairs => ({
  losses: losses + (change === 1 ? 1 : 0),
  gains: gains + (change === -1 ? 1 : 0),
  total: total + 1,
});

describe('the capital against "the difference is at most this"', () => {
  test('starts at 1', () => {
    fc.assert(
      fc.property(differences, (difference) => {
        expect(capitalAgainstDifference({ losses: 0, gains: 0, total: 0 }, difference)).toBeCloseTo(1, 12);
      }),
    );
  });

  test('is a martingale at the difference and a supermartingale below it, however often examples change', () => {
    fc.assert(
      fc.property(
        counts,
        differences,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(1),
        (pairs, mean, share, below) => {
          const before = capitalAgainstDifference(pairs, mean);
          fc.pre(before > 1e-200 && before < 1e200);
          // Any chances of a loss and a gain that differ by no more than the mean.
          const truth = mean - below * share * (1 + mean);
          const gain = share * ((1 - Math.abs(truth)) / 2) + Math.max(0, -truth);
          const loss = gain + truth;
          const capital = (change: 1 | 0 | -1) => capitalAgainstDifference(after(pairs, change), mean);
          const expected = loss * capital(1) + gain * capital(-1) + (1 - loss - gain) * capital(0);
          if (below === 0) expect(expected / before).toBeCloseTo(1, 9);
          else expect(expected).toBeLessThanOrEqual(before * (1 + 1e-9));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('against no difference asks the discordant pairs alone, as McNemar’s test does', () => {
    for (const [losses, gains] of [
      [6, 0],
      [10, 2],
      [22, 6],
    ]) {
      const of = (total: number) => capitalAgainstDifference({ losses, gains, total }, 0);
      expect(of(losses + gains)).toBeCloseTo(of(10_000), 6);
      // ∫ (1 + x)^losses (1 − x)^gains over [0, 1] by Simpson's rule: the likelihood ratio mixed over how the pairs fall.
      const steps = 2000;
      let integral = 0;
      for (let i = 0; i <= steps; i++) {
        const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
        integral += (weight * (1 + i / steps) ** losses * (1 - i / steps) ** gains) / (3 * steps);
      }
      expect(of(losses + gains) / integral).toBeGreaterThan(0.97);
      expect(of(losses + gains) / integral).toBeLessThan(1.03);
    }
  });

  test('refuses counts that make no sense, and differences that there are none of', () => {
    expect(() => capitalAgainstDifference({ losses: 3, gains: 3, total: 5 }, 0)).toThrow(RangeError);
    expect(() => capitalAgainstDifference({ losses: 0.5, gains: 0, total: 5 }, 0)).toThrow(RangeError);
    expect(() => capitalAgainstDifference({ losses: 0, gains: 0, total: 5 }, 1)).toThrow(RangeError);
    expect(() => lowestDifference({ losses: 0, gains: 0, total: 5 }, 1)).toThrow(RangeError);
  });
});

/** Chances that looking after every example ever refutes "at most" and "at least" the difference, which is the truth. */
function everRefuted(loss: number, gain: number, examples: number, level: number): [number, number] {
  let open = new Map<number, number>([[0, 1]]);
  let [more, less] = [0, 0];
  const width = examples + 1;
  for (let total = 1; total <= examples; total++) {
    const next = new Map<number, number>();
    const add = (state: number, chance: number) => next.set(state, (next.get(state) ?? 0) + chance);
    for (const [state, chance] of open) {
      add(state + width, chance * loss);
      add(state + 1, chance * gain);
      add(state, chance * (1 - loss - gain));
    }
    for (const [state, chance] of next) {
      const [losses, gains] = [Math.floor(state / width), state % width];
      if (capitalAgainstDifference({ losses, gains, total }, loss - gain) >= 1 / level) more += chance;
      else if (capitalAgainstDifference({ losses: gains, gains: losses, total }, gain - loss) >= 1 / level)
        less += chance;
      else continue;
      next.delete(state);
    }
    open = next;
  }
  return [more, less];
}

describe('looking after every example', () => {
  test.each([
    [0.05, 0.05],
    [0.3, 0.3],
    [0.2, 0.1],
    [0.1, 0],
    [0, 0.4],
  ])('with losses at %f and gains at %f errs no more often than the level says, on either side', (loss, gain) => {
    const [more, less] = everRefuted(loss, gain, 60, 0.05);
    expect(more).toBeLessThanOrEqual(0.05);
    expect(less).toBeLessThanOrEqual(0.05);
  });

  test('does not throw its level away: where half of the examples change, a fifth of it is used', () => {
    expect(everRefuted(0.25, 0.25, 60, 0.05)[0]).toBeGreaterThan(0.01);
  });
});

describe('the lowest difference', () => {
  test('is below the estimate, and parts what the capital refutes from what it does not', () => {
    fc.assert(
      fc.property(counts, differences, (pairs, difference) => {
        const low = lowestDifference(pairs, 0.025);
        expect(low).toBeLessThanOrEqual(pairs.total === 0 ? -1 : (pairs.losses - pairs.gains) / pairs.total);
        fc.pre(Math.abs(low - difference) > 1e-9);
        expect(capitalAgainstDifference(pairs, difference) >= 40).toBe(difference < low);
      }),
      { numRuns: 200 },
    );
  });

  test('says nothing of no examples, and bounds a drop that never showed', () => {
    expect(lowestDifference({ losses: 0, gains: 0, total: 0 }, 0.05)).toBe(-1);
    expect(lowestDifference({ losses: 0, gains: 9, total: 9 }, 0.05)).toBe(-1);
    // No change in 1,000 examples: (1 − d)^1000 ≥ 0.05 alone allows 0.3 %, looking at any time somewhat more.
    const high = -lowestDifference({ losses: 0, gains: 0, total: 1000 }, 0.05);
    expect(high).toBeGreaterThan(0.003);
    expect(high).toBeLessThan(0.008);
  });
});
