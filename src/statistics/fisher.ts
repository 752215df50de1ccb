/** Fisher's exact test of a 2×2 table. */
import { logGamma } from './log-gamma.ts';
import { checkProportion, type Proportion } from './proportion.ts';

const logChoose = (n: number, k: number) => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);

/**
 * Two-sided p-value that two independent proportions share one rate: the hypergeometric probability of every table with these
 * margins that is no likelier than the observed one (minimum likelihood, as R's `fisher.test` and scipy). Ties are told with a
 * relative tolerance of 1e-7. 1 where a side has no trials.
 *
 * @throws RangeError unless 0 ≤ count ≤ total for both
 */
export function fisherExact(first: Proportion, second: Proportion): number {
  checkProportion(first);
  checkProportion(second);
  const successes = first.count + second.count;
  const all = logChoose(first.total + second.total, successes);
  const logProbability = (count: number) =>
    logChoose(first.total, count) + logChoose(second.total, successes - count) - all;
  const limit = logProbability(first.count) + Math.log1p(1e-7);
  let sum = 0;
  const most = Math.min(first.total, successes);
  for (let count = Math.max(0, successes - second.total); count <= most; count++) {
    const probability = logProbability(count);
    if (probability <= limit) sum += Math.exp(probability);
  }
  return Math.min(1, sum);
}
