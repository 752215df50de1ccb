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
  const observed = logChoose(first.total, first.count) + logChoose(second.total, second.count) - all;
  const limit = observed + Math.log1p(1e-7);
  // ln P(x + 1) − ln P(x), so that every other table is one logarithm away from its neighbour.
  const rise = (x: number) =>
    Math.log(((first.total - x) * (successes - x)) / ((x + 1) * (second.total - successes + x + 1)));
  let sum = Math.exp(observed);
  let above = observed;
  for (let x = first.count; x < Math.min(first.total, successes); x++) {
    above += rise(x);
    if (above <= limit) sum += Math.exp(above);
  }
  let below = observed;
  for (let x = first.count - 1; x >= Math.max(0, successes - second.total); x--) {
    below -= rise(x);
    if (below <= limit) sum += Math.exp(below);
  }
  return Math.min(1, sum);
}
