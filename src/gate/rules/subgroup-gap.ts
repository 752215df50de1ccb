/**
 * subgroup-gap: no two subgroups differ materially. The largest gap of several small groups is large by chance alone, so it is never judged
 * itself. It fails if a permutation test over all groups, and Holm-corrected Fisher tests of a pair, show a difference whose
 * Bonferroni-corrected Newcombe interval lies beyond the tolerance; it passes only by equivalence: every pair's interval within the tolerance. While
 * examples still come, it is judged as subgroup-gap-in-sequence.ts says, and by half of its level in this way once all are there.
 */

import type { GateEvidence, Verdict } from '../../plugin/record.ts';
import { createRandom } from '../../random.ts';
import { fisherExact, holm, newcombe, permutationTest } from '../../statistics/index.ts';
import { detectableDifference, power } from '../detectable.ts';
import { type Given, type Judgement, type Told, without } from '../judgement.ts';
import type { SubgroupGapRule } from '../rule.ts';
import { listed, pEquals, percent, plain, points } from '../show.ts';
import { atTheEnd } from '../spending.ts';
import { type Subgroup, subgroupsOf } from '../subgroups.ts';
import { judgeGapInSequence } from './subgroup-gap-in-sequence.ts';

interface Pair {
  larger: Subgroup;
  smaller: Subgroup;
  difference: number;
  /** Holm's. */
  p: number;
  /** Simultaneous over pairs, for failing. */
  low: number;
  /** Of this pair alone, for passing: every pair must pass, so that none needs a correction (Berger 1982). */
  high: number;
}

const rate = ({ count, total }: Subgroup) => count / total;

function comparePairs(groups: readonly Subgroup[], alpha: number): Pair[] {
  const pairs = groups.flatMap((first, index) =>
    groups
      .slice(index + 1)
      .map((second) => (rate(first) >= rate(second) ? ([first, second] as const) : ([second, first] as const))),
  );
  const adjusted = holm(pairs.map(([larger, smaller]) => fisherExact(larger, smaller)));
  return pairs.map(([larger, smaller], index): Pair => {
    const alone = newcombe(larger, smaller, 1 - alpha);
    return {
      larger,
      smaller,
      difference: rate(larger) - rate(smaller),
      p: adjusted[index],
      low: Math.max(0, newcombe(larger, smaller, 1 - alpha / pairs.length).low),
      high: Math.max(alone.high, -alone.low),
    };
  });
}

const between = ({ larger, smaller }: Pair) => `${larger.label} − ${smaller.label}`;

/** What gap these sizes would find, in words. */
function powerText(groups: readonly Subgroup[], { alpha, tolerance }: SubgroupGapRule): string {
  const pairs = (groups.length * (groups.length - 1)) / 2;
  const all = groups.reduce((sum, { count }) => sum + count, 0) / groups.reduce((sum, { total }) => sum + total, 0);
  const bySize = groups.toSorted((first, second) => second.total - first.total);
  const found = (first: Subgroup, second: Subgroup) => {
    const gap = detectableDifference(first.total, second.total, all, alpha / pairs);
    return gap === undefined ? 'none' : points(gap + tolerance);
  };
  const [largest, next] = bySize;
  const [last, smallest] = bySize.slice(-2);
  const sizes = ({ total }: Subgroup, other: Subgroup) => `of ${total} and ${other.total} cases`;
  const least = `a gap of about ${found(next, largest)} between groups ${sizes(largest, next)}`;
  const unlike = largest.total !== last.total || next.total !== smallest.total;
  const most = unlike ? `, of ${found(smallest, last)} between groups ${sizes(last, smallest)}` : '';
  return `These sizes find ${least}${most} with a chance of ${percent(power)}.`;
}

/** Evidence of a subgroup that is too small to be judged. */
const unjudged = ({ label, count, total }: Subgroup): GateEvidence => ({
  label,
  measured: total === 0 ? null : count / total,
  count,
  total,
  verdict: 'inconclusive',
});

/** Once all examples are there. */
function judgeGroups(groups: readonly Subgroup[], small: readonly Subgroup[], rule: SubgroupGapRule): Told {
  const { alpha, tolerance, minimum } = rule;
  const random = createRandom('subgroup-gap', 'permutation test');
  const omnibus = permutationTest(groups, () => random.uniform());
  const pairs = comparePairs(groups, alpha).toSorted((first, second) => second.difference - first.difference);
  const verdictOf = ({ p, low, high }: Pair): Verdict => {
    if (omnibus.pValue <= alpha && p <= alpha && low > tolerance) return 'fail';
    return high <= tolerance ? 'pass' : 'inconclusive';
  };
  const evidence: GateEvidence[] = [
    ...pairs.map((pair) => ({
      label: between(pair),
      measured: pair.difference,
      low: pair.low,
      high: pair.high,
      p: pair.p,
      verdict: verdictOf(pair),
    })),
    ...small.map(unjudged),
  ];
  const [widest] = pairs;
  const about = {
    measured: widest.difference,
    low: widest.low,
    high: Math.max(...pairs.map(({ high }) => high)),
    total: groups.reduce((sum, { total }) => sum + total, 0),
    method: `permutation χ² (${omnibus.permutations} shuffles), Fisher with Holm over ${pairs.length} pairs, Newcombe`,
    evidence,
  };
  const seen = `The largest gap is ${points(widest.difference)} (${between(widest)}); equal groups of these sizes would show ${points(omnibus.expectedGap)} on average (permutation p ${pEquals(omnibus.pValue)})`;
  const aside =
    small.length === 0
      ? ''
      : ` Not judged, with fewer than ${minimum} cases: ${listed(small.map(({ label }) => label))}.`;
  const failed = pairs.filter((pair) => verdictOf(pair) === 'fail');
  if (failed.length > 0)
    return {
      ...about,
      verdict: 'fail',
      why: `${seen}; beyond the tolerance of ${points(tolerance)} after correction: ${listed(failed.map(between))}.${aside}`,
      fix: 'Improve the model for the subgroups behind, or accept the risk: proofhouse accept.',
    };
  if (small.length === 0 && pairs.every((pair) => verdictOf(pair) === 'pass'))
    return {
      ...about,
      verdict: 'pass',
      why: `${seen}; every pair's interval stays within the tolerance of ${points(tolerance)}.`,
    };
  return {
    ...about,
    verdict: 'inconclusive',
    why: `${seen}; neither a gap beyond ${points(tolerance)} nor its absence is shown.${aside} ${powerText(groups, rule)}`,
    fix: 'Add examples, of the smallest subgroups first; more tolerance settles it too, if it is meant.',
  };
}

/** What is left of the level once examples were looked at as they came. */
function judgeAtTheEnd(groups: readonly Subgroup[], small: readonly Subgroup[], rule: SubgroupGapRule): Told {
  const told = judgeGroups(groups, small, { ...rule, alpha: atTheEnd * rule.alpha });
  const planned = groups.reduce((sum, { total }) => sum + total, 0);
  return {
    ...told,
    planned,
    method: `${told.method}; half of α = ${plain(rule.alpha)}, the rest was spent on looking early`,
  };
}

function tell(rule: SubgroupGapRule, model: string, given: Given): Told {
  const found = subgroupsOf(given, model, rule.metric, rule.columns);
  if ('defect' in found) return without('error', found.defect, 'Mend the audit that measures it.');
  const { subgroups } = found;
  if (subgroups.length === 0)
    return without(
      'error',
      `No audit measured ${rule.metric} by ${rule.columns.join(' × ')}.`,
      'Name subgroup columns of the data, at most two, and a metric of robust-accuracy or subgroup-fnr.',
    );
  const isLarge = ({ total, planned = total }: Subgroup) => planned >= rule.minimum;
  const groups = subgroups.filter(isLarge);
  const small = subgroups.filter((group) => !isLarge(group));
  if (groups.length >= 2) {
    if (given.planned === undefined) return judgeGroups(groups, small, rule);
    const early = judgeGapInSequence(groups, small.map(unjudged), rule);
    const isWhole = subgroups.every(({ total, planned }) => total === planned);
    return early.verdict === 'inconclusive' && !early.final && isWhole ? judgeAtTheEnd(groups, small, rule) : early;
  }
  return {
    ...without(
      'inconclusive',
      `A gap needs two subgroups of at least ${rule.minimum} cases; there ${groups.length === 1 ? 'is one' : 'is none'}.`,
      'Add examples of the other subgroups.',
    ),
    evidence: subgroups.map(unjudged),
    final: true,
  };
}

export function judgeSubgroupGap(rule: SubgroupGapRule, model: string, given: Given): Judgement {
  return {
    threshold: rule.tolerance,
    required: `no two subgroups more than ${points(rule.tolerance)} apart`,
    unit: 'proportion',
    by: 'bound',
    ...tell(rule, model, given),
  };
}
