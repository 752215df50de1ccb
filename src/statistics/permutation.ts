/** Whether several groups share one rate, and how large a gap between them chance alone would make. */
import { hypergeometricSampler } from './hypergeometric.ts';
import { checkProportion, type Proportion } from './proportion.ts';

export interface PermutationTest {
  /** Pearson's χ² of the groups × {success, failure} table. */
  chiSquared: number;
  /** Groups with trials, less one. */
  degreesOfFreedom: number;
  /** (1 + permutations at least as extreme) / (permutations + 1). */
  pValue: number;
  /** Mean of (largest rate − smallest rate) when labels are shuffled: the gap to expect of equal groups. */
  expectedGap: number;
  permutations: number;
}

/** Σ k²/n, which is χ² up to constants that no shuffle changes; and the gap between the largest and the smallest k/n. */
function spread(counts: Float64Array, sizes: Float64Array): { squares: number; gap: number } {
  let squares = 0;
  let most = 0;
  let least = 1;
  for (let group = 0; group < sizes.length; group++) {
    const rate = counts[group] / sizes[group];
    squares += counts[group] * rate;
    if (rate > most) most = rate;
    if (rate < least) least = rate;
  }
  return { squares, gap: most - least };
}

/**
 * Conditional permutation test over groups. χ² is the statistic because the largest gap has little power: its chance distribution is
 * that of the smallest groups. Groups without trials are left out.
 *
 * @param uniform a seeded source of numbers in [0, 1)
 * @param permutations 9,999 by default, so that p is a multiple of 1/10,000
 * @throws RangeError for fewer than two groups with trials
 */
export function permutationTest(
  groups: readonly Proportion[],
  uniform: () => number,
  permutations = 9999,
): PermutationTest {
  for (const group of groups) checkProportion(group);
  const measured = groups.filter(({ total }) => total > 0);
  if (measured.length < 2) throw new RangeError('a permutation test needs two groups with trials');
  const sizes = Float64Array.from(measured, ({ total }) => total);
  const counts = Float64Array.from(measured, ({ count }) => count);
  const trials = sizes.reduce((sum, size) => sum + size, 0);
  const successes = counts.reduce((sum, count) => sum + count, 0);
  const rate = successes / trials;
  const observed = spread(counts, sizes).squares;
  // Equal tables met in another order differ by rounding: count them as ties.
  const threshold = observed * (1 - 1e-12);
  const shuffled = hypergeometricSampler([...sizes], successes, uniform);
  let gaps = 0;
  let extreme = 0;
  for (let index = 0; index < permutations; index++) {
    const { squares, gap } = spread(shuffled(), sizes);
    if (squares >= threshold) extreme++;
    gaps += gap;
  }
  return {
    chiSquared: rate === 0 || rate === 1 ? 0 : Math.max(0, observed - successes * rate) / (rate * (1 - rate)),
    degreesOfFreedom: sizes.length - 1,
    pValue: (1 + extreme) / (permutations + 1),
    expectedGap: gaps / permutations,
    permutations,
  };
}
