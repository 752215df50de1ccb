/**
 * The gap between the worst and the best subgroup, with the evidence that it needs: with small groups a large gap is what chance makes
 * of equal groups, so a gap never stands alone.
 */
import {
  type ConfidenceInterval,
  createRandom,
  fisherExact,
  holm,
  newcombe,
  type PermutationTest,
  type Proportion,
  permutationTest,
} from 'proofhouse/plugin';

export interface Tally extends Proportion {
  label: string;
}

export interface Gap {
  worst: Tally;
  best: Tally;
  /** Worst rate less best rate, in [0, 1]. */
  value: number;
  /**
   * For the largest true difference between any two of the groups. Which two are worst and best was read off the same data, so every pair
   * gets its Newcombe interval at a Bonferroni-corrected confidence; with two groups this is Newcombe's interval.
   */
  interval: ConfidenceInterval;
  test: PermutationTest;
}

export interface Pair {
  first: Tally;
  second: Tally;
  /** Fisher's exact test, two-sided. */
  pValue: number;
  /** Holm's correction over all pairs of the column. */
  adjusted: number;
}

const confidence = 0.95;

const rate = ({ count, total }: Proportion) => count / total;

function pairsOf(tallies: readonly Tally[]): [Tally, Tally][] {
  return tallies.flatMap((first, index) => tallies.slice(index + 1).map((second): [Tally, Tally] => [first, second]));
}

function intervalOf(pairs: readonly [Tally, Tally][]): ConfidenceInterval {
  let low = 0;
  let high = 0;
  for (const [first, second] of pairs) {
    const difference = newcombe(first, second, 1 - (1 - confidence) / pairs.length);
    low = Math.max(low, difference.low, -difference.high);
    high = Math.max(high, difference.high, -difference.low);
  }
  const method = pairs.length === 1 ? 'Newcombe' : `Newcombe, Bonferroni over ${pairs.length} pairs`;
  return { low, high, confidence, method };
}

/** Null with fewer than two groups that have positives. Equal tallies give equal results: the permutations are seeded by a constant. */
export function gapBetween(tallies: readonly Tally[]): Gap | null {
  const measured = tallies.filter(({ total }) => total > 0);
  if (measured.length < 2) return null;
  const ranked = measured.toSorted((first, second) => rate(second) - rate(first));
  const worst = ranked[0];
  const best = ranked[ranked.length - 1];
  const random = createRandom('subgroup-fnr', 'permutation test');
  return {
    worst,
    best,
    value: rate(worst) - rate(best),
    interval: intervalOf(pairsOf(measured)),
    test: permutationTest(measured, () => random.uniform()),
  };
}

/** Every two groups that have positives, compared; smallest adjusted p first. */
export function comparePairs(tallies: readonly Tally[]): Pair[] {
  const pairs = pairsOf(tallies.filter(({ total }) => total > 0));
  const pValues = pairs.map(([first, second]) => fisherExact(first, second));
  const adjusted = holm(pValues);
  return pairs
    .map(([first, second], index) => ({ first, second, pValue: pValues[index], adjusted: adjusted[index] }))
    .toSorted((first, second) => first.pValue - second.pValue);
}
