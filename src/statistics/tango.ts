/** Tango's score interval for the difference of two proportions measured on the same examples. */
import { normalQuantile } from './normal.ts';
import { type ConfidenceInterval, checkConfidence } from './proportion.ts';

/** Examples by what became of them: `losses` counted for the first only, `gains` for the second only, out of `total`. */
export interface Pairs {
  losses: number;
  gains: number;
  total: number;
}

/**
 * Score statistic of the hypothesis first − second = difference, approximately standard normal under it: equations 24–26 of Tango 1998, Stat.
 * Med. 17:891, with the likelihood maximised under the hypothesis. At a difference of 0 it is McNemar's (losses − gains)/√(losses + gains).
 */
function score({ losses, gains, total }: Pairs, difference: number): number {
  const b = (2 * total - losses + gains) * difference - losses - gains;
  const c = -gains * difference * (1 - difference);
  const gainRate = (Math.sqrt(Math.max(0, b * b - 8 * total * c)) - b) / (4 * total);
  const variance = total * (2 * gainRate + difference * (1 - difference));
  return (losses - gains - total * difference) / Math.sqrt(variance);
}

/** Halvings that bring an interval of length 2 below the spacing of doubles near 1. */
const halvings = 60;

/**
 * Interval for first − second = (losses − gains)/total, in [−1, 1]: the differences that the score test does not reject.
 *
 * @throws RangeError unless the counts are whole, not negative and within a positive total, and 0 < confidence < 1
 */
export function tango(pairs: Pairs, confidence = 0.95): ConfidenceInterval {
  const { losses, gains, total } = pairs;
  if (![losses, gains, total].every((count) => Number.isInteger(count) && count >= 0) || total === 0)
    throw new RangeError(`paired counts must be whole and of something, not ${losses} and ${gains} of ${total}`);
  if (losses + gains > total) throw new RangeError(`${losses} and ${gains} cannot both be among ${total}`);
  checkConfidence(confidence);
  const z = normalQuantile((1 + confidence) / 2);
  const estimate = (losses - gains) / total;
  const limit = (end: -1 | 1) => {
    if (estimate === end) return end;
    let [inside, outside] = [estimate, end as number];
    for (let i = 0; i < halvings; i++) {
      const middle = (inside + outside) / 2;
      if (-end * score(pairs, middle) < z) inside = middle;
      else outside = middle;
    }
    return inside;
  };
  return { low: limit(-1), high: limit(1), confidence, method: 'Tango' };
}
