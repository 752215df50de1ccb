/** Clopper and Pearson's exact interval for a proportion: coverage is guaranteed, so gates use it. */
import { inverseRegularizedBeta } from './beta.ts';
import { type ConfidenceInterval, checkConfidence, checkProportion, type Proportion } from './proportion.ts';

/**
 * Clopper & Pearson 1934, Biometrika 26:404. Each limit on its own is a one-sided bound of confidence (1 + confidence)/2.
 * No trials say nothing: [0, 1]. `count` may be fractional, which interpolates between whole counts.
 *
 * @throws RangeError unless 0 ≤ count ≤ total and 0 < confidence < 1
 */
export function clopperPearson(proportion: Proportion, confidence = 0.95): ConfidenceInterval {
  checkProportion(proportion);
  checkConfidence(confidence);
  const { count, total } = proportion;
  const tail = (1 - confidence) / 2;
  return {
    low: count === 0 ? 0 : inverseRegularizedBeta(tail, count, total - count + 1),
    high: count === total ? 1 : inverseRegularizedBeta(1 - tail, count + 1, total - count),
    confidence,
    method: 'Clopper–Pearson',
  };
}
