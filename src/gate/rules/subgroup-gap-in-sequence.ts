/**
 * subgroup-gap while examples still come: every subgroup's rate has a confidence sequence, and a gap of two is bounded by theirs. It fails once
 * some pair's lies beyond the tolerance, with limits that hold for all subgroups together (Bonferroni); it passes once every pair's is within
 * it, for which the limits of one pair are enough, since all must pass (Berger 1982, Technometrics 24:295).
 */
import type { GateEvidence } from '../../plugin/record.ts';
import { bettingInterval, type ConfidenceInterval } from '../../statistics/index.ts';
import type { Told } from '../judgement.ts';
import type { SubgroupGapRule } from '../rule.ts';
import { listed, points } from '../show.ts';
import { whileLooking } from '../spending.ts';
import type { Subgroup } from '../subgroups.ts';

interface Bounded {
  label: string;
  rate: number;
  /** All subgroups' hold together, but for a chance of `whileLooking` × alpha. */
  together: ConfidenceInterval;
  /** Each limit of a pair alone: a gap that it denies exists with a chance of at most `whileLooking` × alpha/2. */
  alone: ConfidenceInterval;
}

function bound({ label, count, total, planned = total }: Subgroup, alpha: number, groups: number): Bounded {
  const spent = whileLooking * alpha;
  const within = (level: number) => bettingInterval({ count, total }, planned, 1 - level);
  return { label, rate: count / total, together: within(spent / groups), alone: within(spent / 2) };
}

function compare(larger: Bounded, smaller: Bounded, tolerance: number): GateEvidence {
  const low = Math.max(0, larger.together.low - smaller.together.high);
  const high = Math.max(larger.alone.high - smaller.alone.low, smaller.alone.high - larger.alone.low);
  return {
    label: `${larger.label} − ${smaller.label}`,
    measured: larger.rate - smaller.rate,
    low,
    high,
    verdict: low > tolerance ? 'fail' : high <= tolerance ? 'pass' : 'inconclusive',
  };
}

const totalOf = (groups: readonly Subgroup[]) => groups.reduce((sum, { total }) => sum + total, 0);
const plannedOf = (groups: readonly Subgroup[]) => groups.reduce((sum, { planned = 0 }) => sum + planned, 0);

/**
 * @param groups those that are judged, at least two
 * @param small evidence of those that are not
 */
export function judgeGapInSequence(
  groups: readonly Subgroup[],
  small: readonly GateEvidence[],
  { alpha, tolerance, minimum }: SubgroupGapRule,
): Told {
  const bounded = groups
    .filter(({ total }) => total >= minimum)
    .map((group) => bound(group, alpha, groups.length))
    .toSorted((first, second) => second.rate - first.rate);
  const pairs = bounded.flatMap((larger, index) =>
    bounded.slice(index + 1).map((smaller) => compare(larger, smaller, tolerance)),
  );
  const [total, planned] = [totalOf(groups), plannedOf(groups)];
  const about = {
    total,
    planned,
    method: `betting confidence sequences of ${groups.length} subgroups, Bonferroni`,
    evidence: [...pairs, ...small],
  };
  const after = `after ${total} of ${planned} examples`;
  const [widest] = pairs.toSorted((first, second) => Number(second.measured) - Number(first.measured));
  if (widest === undefined)
    return { ...about, verdict: 'inconclusive', measured: null, why: `Too few cases have come ${after}.` };
  const { measured, low = 0 } = widest;
  const high = Math.max(...pairs.map((pair) => pair.high ?? 1));
  const limits = { ...about, measured, low, high };
  const seen = `The largest gap ${after} is ${points(Number(measured))} (${widest.label})`;
  const failed = pairs.filter(({ verdict }) => verdict === 'fail');
  if (failed.length > 0)
    return {
      ...limits,
      verdict: 'fail',
      why: `${seen}; by their confidence sequences beyond the tolerance of ${points(tolerance)}: ${listed(failed.map(({ label }) => label))}.`,
      fix: 'Improve the model for the subgroups behind, or accept the risk: proofhouse accept.',
    };
  const isWithin = bounded.length === groups.length && pairs.every(({ verdict }) => verdict === 'pass');
  if (isWithin && small.length === 0)
    return {
      ...limits,
      verdict: 'pass',
      why: `${seen}; by their confidence sequences every pair stays within the tolerance of ${points(tolerance)}.`,
    };
  return {
    ...limits,
    verdict: 'inconclusive',
    why: isWithin
      ? `${seen}; every pair stays within the tolerance of ${points(tolerance)}, but not judged, with fewer than ${minimum} cases: ${listed(small.map(({ label }) => label))}.`
      : `${seen}; neither a gap beyond ${points(tolerance)} nor its absence is shown.`,
    fix: 'Add examples, of the smallest subgroups first; more tolerance settles it too, if it is meant.',
    ...(isWithin && { final: true as const }),
  };
}
