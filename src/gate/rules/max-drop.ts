/**
 * max-drop: an accuracy may not fall behind the baseline on the same examples. Evidence and size together: it fails if the one-sided exact
 * McNemar test says "worse" and the drop is above the margin, passes if even the upper limit of the paired drop is within the margin
 * (non-inferiority), and is inconclusive between. While examples still come, it is judged as max-drop-in-sequence.ts says, and by half of
 * each level in this way once all are there.
 */
import type { Change } from '../../plugin/record.ts';
import { mcnemarExact, tango } from '../../statistics/index.ts';
import { roundUp } from '../evidence.ts';
import { type Given, type Judgement, type Told, without } from '../judgement.ts';
import { confidence, type MaxDropRule } from '../rule.ts';
import { pEquals, percent, plain, points } from '../show.ts';
import { atTheEnd } from '../spending.ts';
import { judgeDropInSequence, mend } from './max-drop-in-sequence.ts';

type Paired = NonNullable<Change['paired']>;

const mostTimes = 10_000;

/** The evaluation whose accuracy a metric is: 'clean' of 'clean-accuracy'; undefined for any other metric. */
export const evaluationOf = (metric: string): string | undefined =>
  metric === 'clean-accuracy' ? 'clean' : /^robust-accuracy@([^[\]]+)$/.exec(metric)?.[1];

/** Flips of which none is to the better, below which the one-sided test can never reach alpha: 2^−flips ≤ alpha. */
export const fewestFlips = (alpha: number) => Math.ceil(-Math.log2(alpha) - 1e-9);

/** How many times the examples would settle it, if flips stay as frequent; undefined where more of the same never would. */
function timesToSettle({ drop, high, regressed, improved }: Paired, { margin, alpha }: MaxDropRule) {
  if (drop === margin) return undefined;
  // Intervals narrow with the square root of the number of examples.
  if (drop < margin) return ((high - drop) / (margin - drop)) ** 2;
  const significant = (times: number) =>
    mcnemarExact(Math.round(times * regressed.length), Math.round(times * improved.length), 'worse') <= alpha;
  for (let times = 1.02; times < mostTimes; times *= 1.02) if (significant(times)) return times;
  return undefined;
}

function more(paired: Paired, rule: MaxDropRule): string {
  const times = timesToSettle(paired, rule);
  if (times === undefined || times > mostTimes)
    return 'The drop is so near the margin that no practical number of examples settles it.';
  return `About ${roundUp(Math.max(1, (times - 1) * paired.total))} more examples would settle it, if flips stay as frequent.`;
}

/** '3 of 100 examples stood before and fall now, 1 the other way round: a drop of 2 points'. */
function seen({ total, drop, regressed, improved }: Paired): string {
  const size = drop < 0 ? `a gain of ${points(-drop)}` : `a drop of ${points(drop)}`;
  return `${regressed.length} of ${total} examples stood before and fall now, ${improved.length} the other way round: ${size}`;
}

/** Once all examples are there. */
function judgePaired(paired: Paired, rule: MaxDropRule): Told {
  const { margin, alpha } = rule;
  const { total, drop, low, high, confidence: sure, p } = paired;
  const [regressed, improved] = [paired.regressed.length, paired.improved.length];
  const judged = {
    measured: drop,
    low,
    high,
    total,
    method: `exact McNemar, one-sided, α = ${plain(alpha)}; ${paired.method}, ${percent(sure)}`,
  };
  if (p <= alpha && drop > margin)
    return {
      ...judged,
      verdict: 'fail',
      why: `${seen(paired)}, above the margin of ${points(margin)} and more than chance (p ${pEquals(p)}).`,
      fix: mend(paired),
    };
  if (high <= margin)
    return {
      ...judged,
      verdict: 'pass',
      why: `${seen(paired)}, and at most ${points(high)} at ${percent(sure)} confidence, within the margin of ${points(margin)}.`,
    };
  const few =
    regressed + improved < fewestFlips(alpha)
      ? ` Fewer than ${fewestFlips(alpha)} flips can never be significant at α = ${plain(alpha)}.`
      : '';
  return {
    ...judged,
    verdict: 'inconclusive',
    why: `${seen(paired)} (p ${pEquals(p)}), while the interval, ${points(low)} to ${points(high)}, leaves both sides of the margin of ${points(margin)} open.${few}`,
    fix: more(paired, rule),
  };
}

/** What is left of each level once examples were looked at as they came. */
function judgeAtTheEnd(paired: Paired, rule: MaxDropRule): Told {
  const { regressed, improved, total } = paired;
  const counts = { losses: regressed.length, gains: improved.length, total };
  const left = { ...paired, ...tango(counts, 1 - atTheEnd * (1 - confidence)) };
  const told = judgePaired(left, { ...rule, alpha: atTheEnd * rule.alpha });
  return { ...told, planned: total, method: `${told.method}; half of each level, the rest was spent on looking early` };
}

function judgeComparable(paired: Paired, rule: MaxDropRule, planned: number | undefined): Told {
  if (planned === undefined) return judgePaired(paired, rule);
  const early = judgeDropInSequence(paired, rule, planned, seen(paired));
  return early.verdict === 'inconclusive' && paired.total === planned ? judgeAtTheEnd(paired, rule) : early;
}

function tell(rule: MaxDropRule, model: string, given: Given): Told {
  const { changes, unchanged, identical, missingBaseline, planned } = given;
  if (changes === undefined)
    return missingBaseline === 'error'
      ? without('error', 'There is no baseline to compare with.', 'Store one: proofhouse baseline update.')
      : {
          ...without('inconclusive', 'There is no baseline to compare with.', 'Store one: proofhouse baseline update.'),
          warnsAtMost: true,
        };
  const evaluation = evaluationOf(rule.metric);
  const change = changes.find((one) => one.model === model && one.evaluation === evaluation);
  if (change === undefined)
    return without(
      'inconclusive',
      `The baseline holds no ${evaluation ?? rule.metric} of this model.`,
      'Store a baseline of this config: proofhouse baseline update.',
    );
  if (change.paired === undefined)
    return without(
      'inconclusive',
      `Not comparable with the baseline: ${change.differs.join('; ')}.`,
      'Store a baseline of this config on this data: proofhouse baseline update.',
    );
  if (change.paired.total === 0)
    return without('inconclusive', 'No example is in both this run and the baseline.', 'Add examples.');
  const { regressed, improved, total } = change.paired;
  const most = planned?.get(rule.metric)?.total ?? total;
  const { fix, ...told } = judgeComparable(change.paired, rule, planned && most);
  // With other preprocessing the same file may err elsewhere: only seen outcomes are sure to be the same.
  const isSame = identical?.includes(model) || (unchanged?.includes(model) && total === most);
  if (isSame && regressed.length + improved.length === 0)
    return { ...told, verdict: 'pass', why: 'The model is the baseline’s own file, and no outcome changed.' };
  return { ...told, ...(fix !== undefined && { fix }) };
}

export function judgeMaxDrop(rule: MaxDropRule, model: string, given: Given): Judgement {
  return {
    threshold: rule.margin,
    required: `a drop of at most ${points(rule.margin)}`,
    unit: 'proportion',
    by: 'bound',
    ...tell(rule, model, given),
  };
}
