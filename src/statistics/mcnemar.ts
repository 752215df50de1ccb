/** McNemar's exact test: whether two classifiers differ on the same examples, from the examples on which they disagree. */
import { regularizedBeta } from './beta.ts';

/**
 * @param losses examples that only the first got right
 * @param gains examples that only the second got right
 * @param alternative 'two-sided': the two differ, p = min(1, 2·P(X ≥ max)). 'worse': the second is worse, P(X ≥ losses);
 *   X is Binomial(losses + gains, ½)
 * @returns p-value in [0, 1]; 1 where nothing changed
 * @throws RangeError unless both are whole and not negative
 */
export function mcnemarExact(losses: number, gains: number, alternative: 'two-sided' | 'worse' = 'two-sided'): number {
  if (!(Number.isInteger(losses) && Number.isInteger(gains) && losses >= 0 && gains >= 0))
    throw new RangeError(`McNemar's test needs whole counts, not ${losses} and ${gains}`);
  const atLeast = (count: number) => (count === 0 ? 1 : regularizedBeta(0.5, count, losses + gains - count + 1));
  return alternative === 'worse' ? atLeast(losses) : Math.min(1, 2 * atLeast(Math.max(losses, gains)));
}
