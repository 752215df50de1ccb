/** Katz's log interval for the ratio of two independent proportions. */
import { normalQuantile } from './normal.ts';
import { type ConfidenceInterval, checkConfidence, checkProportion, type Proportion } from './proportion.ts';

/**
 * Interval for (first rate) / (second rate), Katz et al. 1978, Biometrics 34:469: exp(ln r ± z·√(1/k₁ − 1/n₁ + 1/k₂ − 1/n₂)).
 * Null where a count is zero and the logarithm is undefined.
 *
 * @throws RangeError unless 0 ≤ count ≤ total for both and 0 < confidence < 1
 */
export function katzLogRatio(
  first: Proportion,
  second: Proportion,
  confidence = 0.95,
): (ConfidenceInterval & { ratio: number }) | null {
  checkProportion(first);
  checkProportion(second);
  checkConfidence(confidence);
  if (first.count === 0 || second.count === 0) return null;
  const ratio = first.count / first.total / (second.count / second.total);
  const variance = 1 / first.count - 1 / first.total + 1 / second.count - 1 / second.total;
  const factor = Math.exp(normalQuantile((1 + confidence) / 2) * Math.sqrt(Math.max(0, variance)));
  return { ratio, low: ratio / factor, high: ratio * factor, confidence, method: 'Katz log' };
}
