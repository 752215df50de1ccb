/**
 * A confidence sequence for a proportion whose trials come one after another: its limits hold at every moment at once, so that one may look as
 * often as one likes and stop for any reason.
 *
 * By betting (Waudby-Smith & Ramdas 2024, JRSS-B 86:1, arXiv:2010.09686; Ville 1939): a rate is refuted once a game that is fair under it, or worse
 * than fair, has multiplied the stake by 1/level. The stake is divided between two bets:
 * on rates far from the limit, the likelihood ratio mixed over a beta prior beyond the limit (Robbins 1970, Ann. Math. Stat. 41:1397), which settles
 * clear cases within a few trials; and on what the uniformly most powerful test of all the trials will say, at its price under the limit given the
 * trials so far (stochastic curtailment: Lan, Simon & Halperin 1982, Commun. Stat. C 1:207), which at the end has nearly the power of a test made once.
 */
import { logRegularizedBeta, regularizedBeta } from './beta.ts';
import { logGamma } from './log-gamma.ts';
import { type ConfidenceInterval, checkConfidence, checkProportion, type Proportion } from './proportion.ts';

/** Part of the stake on the mixture. */
const mixed = 0.2;
/** Trials that the prior counts for; its mean is the limit. */
const priorWeight = 10;
/** Level of the final test that is bet on, as a share of the whole level: with 1/2, the stake is won back in full well before the last trial. */
const finalShare = 0.5;

const logBeta = (a: number, b: number) => logGamma(a) + logGamma(b) - logGamma(a + b);

/** ln P(X > x) of a Beta(a, b). */
const logAbove = (x: number, a: number, b: number) => logRegularizedBeta(1 - x, b, a);

/** P(K ≥ least) of a Binomial(trials, rate). */
function atLeast(least: number, trials: number, rate: number): number {
  if (least <= 0) return 1;
  return least > trials ? 0 : regularizedBeta(rate, least, trials - least + 1);
}

/** ∫ of the likelihood ratio of p to the limit over the prior's part above the limit; a martingale at the limit, a supermartingale below. */
function mixtureCapital({ count, total }: Proportion, limit: number): number {
  const [a, b] = [priorWeight * limit, priorWeight * (1 - limit)];
  const [a1, b1] = [a + count, b + total - count];
  const logRatio =
    logBeta(a1, b1) -
    logBeta(a, b) +
    logAbove(limit, a1, b1) -
    logAbove(limit, a, b) -
    count * Math.log(limit) -
    (total - count) * Math.log1p(-limit);
  return Math.exp(logRatio);
}

/** Chance, at the limit, that the randomised test of `horizon` trials will reject "at most the limit", given the trials so far; over its size. */
function curtailedCapital({ count, total }: Proportion, limit: number, horizon: number, size: number): number {
  // The test rejects above `critical`, and at it with the chance that makes its size exact.
  let below = -1;
  let critical = horizon;
  while (critical - below > 1) {
    const middle = (below + critical) >> 1;
    if (atLeast(middle + 1, horizon, limit) <= size) critical = middle;
    else below = middle;
  }
  const beyond = atLeast(critical + 1, horizon, limit);
  const share = (size - beyond) / (atLeast(critical, horizon, limit) - beyond);
  const left = horizon - total;
  const needed = critical - count;
  const chance = (1 - share) * atLeast(needed + 1, left, limit) + share * atLeast(needed, left, limit);
  return chance / size;
}

/** What a confidence sequence must know before the first trial. */
export interface Game {
  /** Trials that will be made if nothing stops them: fixed beforehand. The limits hold whatever it is, as long as no more are made. */
  horizon: number;
  /** Chance that is borne, over the whole sequence, of refuting a rate that is true. In (0, 1). */
  level: number;
}

/**
 * What a stake of 1 against "the rate is at most `limit`" has become: at any rate up to the limit, a non-negative supermartingale that starts at
 * 1, so that it ever reaches 1/level with a chance of at most `level`.
 *
 * @param limit in [0, 1]
 * @throws RangeError unless 0 ≤ count ≤ total ≤ horizon, 0 ≤ limit ≤ 1 and 0 < level < 1
 */
export function capitalAgainst(proportion: Proportion, limit: number, { horizon, level }: Game): number {
  checkProportion(proportion);
  checkConfidence(level);
  const { count, total } = proportion;
  if (!(total <= horizon && Number.isSafeInteger(horizon)))
    throw new RangeError(`${total} trials are more than the ${horizon} that were planned`);
  if (!(limit >= 0 && limit <= 1)) throw new RangeError(`a rate lies in [0, 1], not at ${limit}`);
  if (limit === 0) return count > 0 ? Number.POSITIVE_INFINITY : 1;
  if (limit === 1) return 1;
  return (
    mixed * mixtureCapital(proportion, limit) +
    (1 - mixed) * curtailedCapital(proportion, limit, horizon, finalShare * level)
  );
}

/** The largest rate that is refuted, as all below it are; 0 where none is. */
function lowerLimit({ count, total }: Proportion, game: Game): number {
  if (count === 0) return 0;
  let refuted = 0;
  let kept = count / total;
  for (let halving = 0; halving < 50; halving++) {
    const middle = (refuted + kept) / 2;
    if (capitalAgainst({ count, total }, middle, game) >= 1 / game.level) refuted = middle;
    else kept = middle;
  }
  return refuted;
}

/**
 * The confidence sequence's limits after the trials so far. Each on its own is a one-sided bound that errs, at whatever moment one looks, with a chance
 * of at most (1 − confidence)/2. No trials say nothing: [0, 1].
 *
 * @param horizon trials that were planned, of the first of them to the last
 * @throws RangeError unless 0 ≤ count ≤ total ≤ horizon and 0 < confidence < 1
 */
export function bettingInterval(proportion: Proportion, horizon: number, confidence = 0.95): ConfidenceInterval {
  checkProportion(proportion);
  checkConfidence(confidence);
  const { count, total } = proportion;
  const game = { horizon, level: (1 - confidence) / 2 };
  return {
    low: lowerLimit(proportion, game),
    high: 1 - lowerLimit({ count: total - count, total }, game),
    confidence,
    method: 'betting confidence sequence',
  };
}
