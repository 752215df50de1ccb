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
  /** 95th percentile of the same. */
  gapPercentile95: number;
  permutations: number;
}

/** Σ (k − n·p̂)² / (n·p̂·(1 − p̂)); 0 where every trial has the same outcome. */
function pearson(counts: readonly number[], sizes: readonly number[], rate: number): number {
  if (rate === 0 || rate === 1) return 0;
  let sum = 0;
  for (let group = 0; group < sizes.length; group++) sum += (counts[group] - sizes[group] * rate) ** 2 / sizes[group];
  return sum / (rate * (1 - rate));
}

function gap(counts: readonly number[], sizes: readonly number[]): number {
  let most = 0;
  let least = 1;
  for (let group = 0; group < sizes.length; group++) {
    most = Math.max(most, counts[group] / sizes[group]);
    least = Math.min(least, counts[group] / sizes[group]);
  }
  return most - least;
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
  const sizes = measured.map(({ total }) => total);
  const counts = measured.map(({ count }) => count);
  const successes = counts.reduce((sum, count) => sum + count, 0);
  const rate = successes / sizes.reduce((sum, size) => sum + size, 0);
  const chiSquared = pearson(counts, sizes, rate);
  // Equal tables met in another order differ by rounding: count them as ties.
  const threshold = chiSquared * (1 - 1e-9);
  const shuffled = hypergeometricSampler(sizes, successes, uniform);
  const gaps = new Float64Array(permutations);
  let extreme = 0;
  for (let index = 0; index < permutations; index++) {
    const drawn = shuffled();
    if (pearson(drawn, sizes, rate) >= threshold) extreme++;
    gaps[index] = gap(drawn, sizes);
  }
  gaps.sort();
  return {
    chiSquared,
    degreesOfFreedom: sizes.length - 1,
    pValue: (1 + extreme) / (permutations + 1),
    expectedGap: gaps.reduce((sum, value) => sum + value, 0) / permutations,
    gapPercentile95: gaps[Math.ceil(0.95 * permutations) - 1],
    permutations,
  };
}
