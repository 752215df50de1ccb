/** Newcombe's hybrid score interval for the difference of two independent proportions. */
import type { ConfidenceInterval, Proportion } from './proportion.ts';
import { wilson } from './wilson.ts';

/**
 * Interval for first − second, in [−1, 1]: method 10 of Newcombe 1998, Stat. Med. 17:873, which combines the Wilson limits of both.
 *
 * @throws RangeError unless both totals are positive and 0 < confidence < 1
 */
export function newcombe(first: Proportion, second: Proportion, confidence = 0.95): ConfidenceInterval {
  if (first.total === 0 || second.total === 0) throw new RangeError('a difference needs trials on both sides');
  const one = { rate: first.count / first.total, ...wilson(first, confidence) };
  const two = { rate: second.count / second.total, ...wilson(second, confidence) };
  const difference = one.rate - two.rate;
  return {
    low: Math.max(-1, difference - Math.hypot(one.rate - one.low, two.high - two.rate)),
    high: Math.min(1, difference + Math.hypot(one.high - one.rate, two.rate - two.low)),
    confidence,
    method: 'Newcombe',
  };
}
