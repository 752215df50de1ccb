/** False-negative rates of one class of one model: over everyone and by subgroup, under every condition. */
import type { Metric, Proportion } from 'proofhouse/plugin';
import type { Condition } from '../shared/condition.ts';
import type { Partition, Subgroup } from '../shared/partition.ts';
import { rateMetric } from '../shared/rate.ts';
import { type Gap, gapBetween, type Tally } from './gap.ts';
import { type GapMeasure, gapUnits, metricIds, type Positive } from './metric-ids.ts';

export interface ClassMeasurement {
  model: string;
  className: string;
  conditions: readonly Condition[];
  /** One a condition; so are all arrays below. */
  everyone: Metric[];
  partitions: PartitionMeasurement[];
}

export interface PartitionMeasurement {
  partition: Partition;
  subgroups: { subgroup: Subgroup; rates: Metric[] }[];
  /** Counts of examples whose value is unknown. */
  unknown: Proportion[];
  gaps: { gap: Gap | null; difference: Metric; pValue: Metric; expected: Metric }[];
}

const count = (members: readonly number[], { wrong }: Condition): Proportion => {
  let missed = 0;
  for (const index of members) missed += wrong[index];
  return { count: missed, total: members.length };
};

/** Counts of a subgroup's metric under one condition. */
export const tallyOf = (label: string, { count: missed = 0, total = 0 }: Metric): Tally => ({
  label,
  count: missed,
  total,
});

/** @param positives indices of the examples whose true class this is */
export function measureClass(
  about: Positive & { model: string },
  positives: ReadonlySet<number>,
  conditions: readonly Condition[],
  partitions: readonly Partition[],
): ClassMeasurement {
  const { model, className } = about;
  const ids = metricIds(about);
  const only = (members: readonly number[]) => members.filter((index) => positives.has(index));
  const rate = (condition: Condition, members: readonly number[], subgroup?: Subgroup): Metric => {
    const groups = Object.entries(subgroup?.group ?? {});
    const among = groups.map(([column, value]) => `${column} ${value}`).join(' and ');
    return rateMetric(
      {
        id: ids.rate(condition.id, subgroup?.group),
        model,
        label: `False-negative rate of “${className}”${among === '' ? '' : ` among ${among}`}, under ${condition.label}`,
        better: 'lower',
        evaluation: condition.id,
        ...(subgroup && { group: subgroup.group }),
      },
      count(members, condition),
    );
  };
  // Conditions often agree to the last count (a lone attack is its own worst case): then so do their gaps.
  const known = new Map<string, Gap | null>();
  const gapOf = (tallies: readonly Tally[]) => {
    const key = JSON.stringify(tallies);
    let gap = known.get(key);
    if (gap === undefined) known.set(key, (gap = gapBetween(tallies)));
    return gap;
  };
  const measurePartition = (partition: Partition): PartitionMeasurement => {
    const subgroups = partition.subgroups.map((subgroup) => {
      const members = only(subgroup.members);
      return { subgroup, rates: conditions.map((condition) => rate(condition, members, subgroup)) };
    });
    const unknown = only(partition.unknown);
    return {
      partition,
      subgroups,
      unknown: conditions.map((condition) => count(unknown, condition)),
      gaps: conditions.map((condition, index) => {
        const gap = gapOf(subgroups.map(({ subgroup, rates }) => tallyOf(subgroup.label, rates[index])));
        const metric = (name: GapMeasure, label: string) => ({
          id: ids.gap(name, condition.id, partition.columns),
          model,
          label: `${label} by ${partition.title} in the false-negative rate of “${className}”, under ${condition.label}`,
          evaluation: condition.id,
          unit: gapUnits[name],
        });
        return {
          gap,
          difference: {
            ...metric('fnr-gap', 'Gap'),
            value: gap?.value ?? null,
            ...(gap && { interval: gap.interval }),
            better: 'lower',
          },
          pValue: {
            ...metric('fnr-gap-p', 'p-value of the gap'),
            value: gap?.test.pValue ?? null,
            better: 'higher',
          },
          expected: {
            ...metric('fnr-gap-expected', 'Gap that chance makes of equal groups'),
            value: gap?.test.expectedGap ?? null,
            better: 'lower',
          },
        };
      }),
    };
  };
  const all = [...positives];
  return {
    model,
    className,
    conditions,
    everyone: conditions.map((condition) => rate(condition, all)),
    partitions: partitions.map(measurePartition),
  };
}

/** Every metric of a measurement: everyone, then each partition's subgroups and gaps. */
export function metricsOf({ everyone, partitions }: ClassMeasurement): Metric[] {
  return [
    ...everyone,
    ...partitions.flatMap(({ subgroups, gaps }) => [
      ...subgroups.flatMap(({ rates }) => rates),
      ...gaps.flatMap(({ difference, pValue, expected }) => [difference, pValue, expected]),
    ]),
  ];
}
