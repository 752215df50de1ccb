/** Wilson's score interval for a proportion: near-nominal average coverage, never outside [0, 1]. For display. */
import { normalQuantile } from './normal.ts';
import { type ConfidenceInterval, checkConfidence, checkProportion, type Proportion } from './proportion.ts';

/**
 * Wilson 1927, without continuity correction (method 3 of Newcombe 1998, Stat. Med. 17:857). No trials say nothing: [0, 1].
 *
 * @throws RangeError unless 0 ≤ count ≤ total and 0 < confidence < 1
 */
export function wilson(proportion: Proportion, confidence = 0.95): ConfidenceInterval {
  checkProportion(proportion);
  checkConfidence(confidence);
  const { count, total } = proportion;
  if (total === 0) return { low: 0, high: 1, confidence, method: 'Wilson' };
  const z = normalQuantile((1 + confidence) / 2);
  const rate = count / total;
  const scale = 1 + (z * z) / total;
  const centre = (rate + (z * z) / (2 * total)) / scale;
  const half = (z / scale) * Math.sqrt((rate * (1 - rate)) / total + (z * z) / (4 * total * total));
  return {
    // The limits are exactly 0 and 1 at the ends, where the arithmetic would leave a rounding error.
    low: count === 0 ? 0 : Math.max(0, centre - half),
    high: count === total ? 1 : Math.min(1, centre + half),
    confidence,
    method: 'Wilson',
  };
}
