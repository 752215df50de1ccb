/** The permutation test against exact enumeration, tabulated gaps and its own null distribution. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/random.ts';
import { hypergeometricSampler } from '../../src/statistics/hypergeometric.ts';
import { type Proportion, permutationTest } from '../../src/statistics/index.ts';

const of = (count: number, total: number): Proportion => ({ count, total });

const uniform = (key: string) => {
  const random = createRandom('permutation.test', key);
  return () => random.uniform();
};
const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);

/** Every way of sharing `successes` over the groups, with its probability under shuffled labels. */
function* tables(sizes: readonly number[], successes: number): Generator<{ counts: number[]; probability: number }> {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  function* fill(group: number, left: number): Generator<number[]> {
    if (group === sizes.length) {
      if (left === 0) yield [];
      return;
    }
    for (let count = 0; count <= Math.min(left, sizes[group]); count++)
      for (const rest of fill(group + 1, left - count)) yield [count, ...rest];
  }
  for (const counts of fill(0, successes))
    yield {
      counts,
      probability:
        counts.reduce((product, count, group) => product * choose(sizes[group], count), 1) / choose(total, successes),
    };
}

const pearson = (counts: number[], sizes: number[]) => {
  const rate = counts.reduce((a, b) => a + b, 0) / sizes.reduce((a, b) => a + b, 0);
  return counts.reduce((sum, count, group) => {
    const expected = sizes[group] * rate;
    return sum + (count - expected) ** 2 / expected + (count - expected) ** 2 / (sizes[group] - expected);
  }, 0);
};

// Race groups of the COMPAS file: false negatives among positives.
const race = [of(532, 1901), of(461, 966), of(129, 232), of(1, 10)];

const run = (groups: readonly Proportion[]) => permutationTest(groups, uniform('again'), 499);

describe('permutation test', () => {
  test('agrees with exact enumeration', () => {
    const counts = [1, 6, 3];
    const sizes = [9, 8, 5];
    let exact = 0;
    let gap = 0;
    for (const table of tables(sizes, 10)) {
      if (pearson(table.counts, sizes) >= pearson(counts, sizes) - 1e-9) exact += table.probability;
      const rates = table.counts.map((count, group) => count / sizes[group]);
      gap += table.probability * (Math.max(...rates) - Math.min(...rates));
    }
    const result = permutationTest(
      counts.map((count, group) => of(count, sizes[group])),
      uniform('enumeration'),
      200_000,
    );
    expect(result.chiSquared).toBeCloseTo(pearson(counts, sizes), 12);
    expect(result.degreesOfFreedom).toBe(2);
    // Monte Carlo error of 200,000 draws: 0.0011 at most; four of them.
    expect(Math.abs(result.pValue - exact)).toBeLessThan(0.0045);
    expect(Math.abs(result.expectedGap - gap)).toBeLessThan(0.002);
  });

  test('two groups: χ² is the square of the pooled z, and p can be no smaller than one in permutations + 1', () => {
    const [first, second] = race;
    const pooled = (first.count + second.count) / (first.total + second.total);
    const z =
      (first.count / first.total - second.count / second.total) /
      Math.sqrt(pooled * (1 - pooled) * (1 / first.total + 1 / second.total));
    const result = permutationTest([first, second], uniform('two'), 999);
    expect(result.chiSquared).toBeCloseTo(z * z, 9);
    expect(result.pValue).toBe(1 / 1000);
  });

  // E[max − min] of equal groups, n positives each (as tabulated for fresh binomial draws).
  test.each([
    [0.1, 4, 100, 0.061],
    [0.1, 8, 30, 0.152],
    [0.05, 2, 300, 0.014],
  ])('rate %f, %i groups of %i: the gap that chance makes', (rate, groups, size, mean) => {
    const counts = Array.from({ length: groups }, (_, index) =>
      index % 2 === 0 ? Math.floor(rate * size) : Math.ceil(rate * size),
    );
    const result = permutationTest(
      counts.map((count) => of(count, size)),
      uniform('gap'),
    );
    expect(Math.abs(result.expectedGap - mean)).toBeLessThan(0.004);
  });

  test('equal outcomes everywhere are no evidence', () => {
    for (const count of [0, 7]) {
      const result = permutationTest([of(count, 7), of(count, 7)], uniform('same'), 99);
      expect(result).toMatchObject({ chiSquared: 0, pValue: 1, expectedGap: 0 });
    }
  });

  test('is seeded, leaves out empty groups and refuses a single one', () => {
    expect(run(race)).toEqual(run(race));
    expect(run([...race, of(0, 0)])).toEqual(run(race));
    expect(() => run([of(3, 9), of(0, 0)])).toThrow(RangeError);
  });

  test('p is uniform when labels mean nothing: at most 5 % + 3 standard errors fall below 0.05', () => {
    const random = createRandom('null');
    let below = 0;
    for (let trial = 0; trial < 400; trial++) {
      const groups = [40, 60, 25].map((total) => {
        let count = 0;
        for (let index = 0; index < total; index++) if (random.uniform() < 0.3) count++;
        return of(count, total);
      });
      if (permutationTest(groups, () => random.uniform(), 199).pValue <= 0.05) below++;
    }
    expect(below).toBeLessThanOrEqual(400 * 0.05 + 3 * Math.sqrt(400 * 0.05 * 0.95));
    expect(below).toBeGreaterThan(3);
  });

  test('the sampler keeps its margins and its mean', () => {
    const sizes = [3, 50, 7, 1];
    const random = createRandom('margins');
    const draw = hypergeometricSampler(sizes, 12, () => random.uniform());
    const sums = sizes.map(() => 0);
    for (let index = 0; index < 20_000; index++) {
      const counts = draw();
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(12);
      counts.forEach((count, group) => {
        if (count < 0 || count > sizes[group]) throw new Error(`group ${group} got ${count}`);
        sums[group] += count;
      });
    }
    sums.forEach((sum, group) => expect(Math.abs(sum / 20_000 - (12 * sizes[group]) / 61)).toBeLessThan(0.03));
  });
});
