/**
 * max-drop while examples still come. The drop is bounded by a confidence sequence for paired differences: the gate fails once a drop of no
 * more than the margin is refuted, and passes once a drop of more than the margin is. Refuting the margin asks more than the test of all
 * examples, where "worse" is tested and the size only estimated: an estimate that is looked at again and again would exceed the margin sooner
 * or later, whatever the truth near it.
 */
import type { Change } from '../../plugin/record.ts';
import { lowestDifference } from '../../statistics/index.ts';
import type { Told } from '../judgement.ts';
import { confidence, type MaxDropRule } from '../rule.ts';
import { listed, plain, points } from '../show.ts';
import { whileLooking } from '../spending.ts';

type Paired = NonNullable<Change['paired']>;

/** One-sided levels, over all the looks together, of failing without a drop above the margin and of passing with one. */
export const levelsInSequence = ({ alpha }: Pick<MaxDropRule, 'alpha'>) => ({
  fail: whileLooking * alpha,
  pass: whileLooking * ((1 - confidence) / 2),
});

/** What to do about a drop. */
export const mend = ({ regressed }: Paired) =>
  `Look at what fell (${listed(regressed)}); mend the model, or accept the risk: proofhouse accept.`;

/** @param seen the flips so far, in words */
export function judgeDropInSequence(paired: Paired, rule: MaxDropRule, planned: number, seen: string): Told {
  const { total, drop } = paired;
  const [losses, gains] = [paired.regressed.length, paired.improved.length];
  const levels = levelsInSequence(rule);
  const low = lowestDifference({ losses, gains, total }, levels.fail);
  const high = -lowestDifference({ losses: gains, gains: losses, total }, levels.pass);
  const judged = {
    measured: drop,
    low,
    high,
    total,
    planned,
    method: `betting confidence sequence, one-sided, α = ${plain(levels.fail)} to fail and ${plain(levels.pass)} to pass`,
  };
  const margin = `the margin of ${points(rule.margin)}`;
  const sequence = `by the confidence sequence after ${total} of ${planned} examples`;
  if (low >= rule.margin)
    return {
      ...judged,
      verdict: 'fail',
      why: `${seen}, and at least ${points(low)} ${sequence}, above ${margin}.`,
      fix: mend(paired),
    };
  if (high <= rule.margin)
    return { ...judged, verdict: 'pass', why: `${seen}, and at most ${points(high)} ${sequence}, within ${margin}.` };
  return {
    ...judged,
    verdict: 'inconclusive',
    why: `${seen}; ${sequence}, ${points(low)} to ${points(high)}, both sides of ${margin} are open.`,
    fix: 'Run the audit with this gate: it attacks more examples until it is settled.',
  };
}
