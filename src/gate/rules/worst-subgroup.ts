/**
 * worst-subgroup: every subgroup keeps the limit. It fails if for some subgroup the exact binomial test against the limit says so after
 * Holm's correction over subgroups; it passes if every subgroup's Clopper–Pearson limit is on the right side, which needs no correction,
 * since all must pass (Berger 1982, Technometrics 24:295). Subgroups with too few cases are never judged and never dropped.
 *
 * While examples still come, confidence sequences take the place of intervals, and 1/capital that of p: it is a p-value at every moment
 * at once (Ville 1939), so that Holm's correction holds whenever one stops.
 */
import type { GateEvidence, Verdict } from '../../plugin/record.ts';
import {
  bettingInterval,
  type ConfidenceInterval,
  capitalAgainst,
  clopperPearson,
  holm,
  regularizedBeta,
} from '../../statistics/index.ts';
import { asWideAtTheEnd, examplesToSettle } from '../evidence.ts';
import { type Given, type Judgement, type Told, without } from '../judgement.ts';
import { confidence, type WorstSubgroupRule } from '../rule.ts';
import { listed, percent, show } from '../show.ts';
import { type Subgroup, subgroupsOf } from '../subgroups.ts';

/** P(so bad a count or worse) where the true rate is just at the limit: the test whose inversion is Clopper and Pearson's limit. */
function tail({ count, total }: Subgroup, { side, threshold }: WorstSubgroupRule): number {
  if (side === 'floor') return count === total ? 1 : regularizedBeta(1 - threshold, total - count, count + 1);
  return count === 0 ? 1 : regularizedBeta(threshold, count, total - count + 1);
}

const alpha = (1 - confidence) / 2;

/** p of "the subgroup keeps the limit", of `tests` that are made in all. */
function pValue(subgroup: Subgroup, rule: WorstSubgroupRule, tests: number): number {
  const { count, total, planned } = subgroup;
  if (planned === undefined) return tail(subgroup, rule);
  const bad = rule.side === 'floor' ? total - count : count;
  const allowed = rule.side === 'floor' ? 1 - rule.threshold : rule.threshold;
  return Math.min(1, 1 / capitalAgainst({ count: bad, total }, allowed, { horizon: planned, level: alpha / tests }));
}

const intervalOf = ({ count, total, planned }: Subgroup): ConfidenceInterval =>
  planned === undefined
    ? clopperPearson({ count, total }, confidence)
    : bettingInterval({ count, total }, planned, confidence);

const rate = ({ count, total }: Subgroup) => count / total;

/** Whether its cases are too few in the end. */
const isSmall = ({ total, planned = total }: Subgroup, { minimum }: WorstSubgroupRule) => planned < minimum;

function judgeSubgroups(subgroups: readonly Subgroup[], rule: WorstSubgroupRule): GateEvidence[] {
  const { side, threshold, minimum } = rule;
  const judged = subgroups.filter((subgroup) => !isSmall(subgroup, rule));
  const adjusted = holm(judged.map((subgroup) => pValue(subgroup, rule, judged.length)));
  return subgroups.map((subgroup): GateEvidence => {
    const { label, count, total } = subgroup;
    const { low, high } = intervalOf(subgroup);
    const about = { label, measured: total === 0 ? null : rate(subgroup), low, high, count, total };
    const position = judged.indexOf(subgroup);
    if (position === -1 || total < minimum) return { ...about, verdict: 'inconclusive' };
    const p = adjusted[position];
    const holds = side === 'floor' ? low >= threshold : high <= threshold;
    const verdict: Verdict = p <= alpha ? 'fail' : holds ? 'pass' : 'inconclusive';
    return { ...about, p, verdict };
  });
}

/** What would settle the subgroups that are open, each by itself. */
function remedy(open: readonly GateEvidence[], rule: WorstSubgroupRule, inSequence: boolean): string {
  const { threshold, minimum } = rule;
  const needs = open.map(({ label, count = 0, total = 0 }) => {
    if (total === 0) return `${label}: at least ${minimum} cases`;
    const more = examplesToSettle({ count, total }, threshold, inSequence ? asWideAtTheEnd(confidence) : confidence);
    if (more === undefined) return `${label}: at the limit, where no practical number settles it`;
    return `${label}: about ${Math.max(more, minimum - total)} more cases`;
  });
  return `To settle it, if rates stay as they are: ${listed(needs)}.`;
}

function tell(rule: WorstSubgroupRule, model: string, given: Given): Told {
  const found = subgroupsOf(given, model, rule.metric, rule.columns);
  if ('defect' in found) return without('error', found.defect, 'Mend the audit that measures it.');
  if (found.subgroups.length === 0)
    return without(
      'error',
      `No audit measured ${rule.metric} by ${rule.columns.join(' × ')}.`,
      'Name subgroup columns of the data, at most two, and a metric of robust-accuracy or subgroup-fnr.',
    );
  const { side, minimum } = rule;
  const evidence = judgeSubgroups(found.subgroups, rule);
  const measured = found.subgroups.filter(({ total }) => total > 0);
  const judged = measured.filter(({ total }) => total >= minimum);
  const among = judged.length > 0 ? judged : measured;
  const worse = (first: Subgroup, second: Subgroup) =>
    side === 'floor' ? rate(first) < rate(second) : rate(first) > rate(second);
  const limit = `the ${side} of ${show(rule.threshold, 'proportion')}`;
  if (among.length === 0)
    return {
      ...without('inconclusive', 'No subgroup has a case to measure it on.', 'Add examples of these subgroups.'),
      evidence,
    };
  const worst = among.reduce((so, one) => (worse(one, so) ? one : so));
  const { low, high, method } = intervalOf(worst);
  const large = found.subgroups.filter((subgroup) => !isSmall(subgroup, rule));
  const about = {
    measured: rate(worst),
    low,
    high,
    total: worst.total,
    ...(worst.planned !== undefined && { planned: worst.planned }),
    method: `${method}, ${percent(confidence)}; Holm over ${large.length} subgroups`,
    evidence,
  };
  const of = (verdict: Verdict) => evidence.filter((one) => one.verdict === verdict);
  const labels = (some: readonly GateEvidence[]) => listed(some.map(({ label }) => label));
  const small = evidence.filter((_, index) => isSmall(found.subgroups[index], rule));
  const aside = small.length === 0 ? '' : ` Not judged, with fewer than ${minimum} cases: ${labels(small)}.`;
  const [failed, open] = [of('fail'), of('inconclusive')];
  const worstText = `The worst, ${worst.label}, is at ${show(rate(worst), 'proportion')} (${worst.count} of ${worst.total})`;
  if (failed.length > 0)
    return {
      ...about,
      verdict: 'fail',
      why: `${worstText}; beyond ${limit} after correction: ${labels(failed)}.${aside}`,
      fix: `Improve the model for ${labels(failed)}, or accept the risk: proofhouse accept.`,
    };
  if (open.length > 0)
    return {
      ...about,
      verdict: 'inconclusive',
      why: `${worstText}; ${open.length} of ${evidence.length} subgroups leave both sides of ${limit} open.${aside}`,
      fix: remedy(open, rule, given.planned !== undefined),
      ...(open.length === small.length && { final: true as const }),
    };
  return { ...about, verdict: 'pass', why: `${worstText}; the interval of every subgroup keeps ${limit}.` };
}

export function judgeWorstSubgroup(rule: WorstSubgroupRule, model: string, given: Given): Judgement {
  return {
    threshold: rule.threshold,
    required: `every subgroup ${rule.side === 'floor' ? '≥' : '≤'} ${show(rule.threshold, 'proportion')}`,
    unit: 'proportion',
    by: 'bound',
    ...tell(rule, model, given),
  };
}
