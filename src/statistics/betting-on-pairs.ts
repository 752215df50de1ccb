/**
 * A confidence sequence for the difference of two proportions that are measured on the same examples, one example after another: its limits hold at every
 * moment at once, so that one may look as often as one likes and stop for any reason.
 *
 * By betting on a bounded mean (Waudby-Smith & Ramdas 2024, JRSS-B 86:1, arXiv:2010.09686): each example is a loss (+1), a gain (−1) or neither (0), and
 * a part of the stake is bet on "the mean is above the difference". The stake is divided beforehand among bets of every size, as in Cover's universal portfolio
 * (1991, Math. Finance 1:1; Orabona & Jun 2024, IEEE Trans. Inf. Theory 70:436): that asks nothing of how often examples change, and the capital depends
 * on counts alone. Against a difference of 0 it is the likelihood ratio of the discordant pairs: McNemar's exact test, made sequential.
 */
import { checkConfidence } from './proportion.ts';
import type { Pairs } from './tango.ts';

const manyBets = 64;
/** Among which the stake is divided evenly, as shares of the largest bet, which a single gain ruins. */
const bets = Array.from({ length: manyBets }, (_, index) => (index + 0.5) / manyBets);

/**
 * What a stake of 1 against "first − second is at most `difference`" has become: wherever that is true, a non-negative supermartingale that starts at 1,
 * so that it ever reaches 1/level with a chance of at most `level` (Ville 1939); a martingale where the difference is just this.
 *
 * @param difference in (−1, 1)
 * @throws RangeError unless the counts are whole, not negative and within the total, and −1 < difference < 1
 */
export function capitalAgainstDifference({ losses, gains, total }: Pairs, difference: number): number {
  const ties = total - losses - gains;
  if (![losses, gains, ties].every((count) => Number.isSafeInteger(count) && count >= 0))
    throw new RangeError(`paired counts must be whole and of something, not ${losses} and ${gains} of ${total}`);
  if (!(difference > -1 && difference < 1)) throw new RangeError(`a difference lies in (−1, 1), not at ${difference}`);
  let capital = 0;
  for (const bet of bets) {
    const stake = bet / (1 + difference);
    const logGrowth =
      losses * Math.log1p(stake * (1 - difference)) + ties * Math.log1p(-stake * difference) + gains * Math.log1p(-bet);
    capital += Math.exp(logGrowth);
  }
  return capital / bets.length;
}

/**
 * The largest difference first − second that is refuted at the level, as all below it are; −1 where none is. Errs, at whatever moment one looks, with a chance
 * of at most `level`. The upper limit is that of the mirrored pairs, mirrored.
 *
 * @param level in (0, 1)
 * @throws RangeError unless the counts are whole, not negative and within the total, and 0 < level < 1
 */
export function lowestDifference(pairs: Pairs, level: number): number {
  checkConfidence(level);
  if (pairs.total === 0) return -1;
  let refuted = -1;
  let kept = (pairs.losses - pairs.gains) / pairs.total;
  if (kept === -1) return -1;
  for (let halving = 0; halving < 50; halving++) {
    const middle = (refuted + kept) / 2;
    if (capitalAgainstDifference(pairs, middle) >= 1 / level) refuted = middle;
    else kept = middle;
  }
  return refuted;
}
