/** What the metrics of this audit are called, before and after they are measured. */
import type { DeclaredMetric } from 'proofhouse/plugin';
import { groupId, inId } from '../shared/group-id.ts';
import type { Partition } from '../shared/partition.ts';

/** Whose misses count; `oneVsRest`: one of several classes, so that ids name the class. */
export interface Positive {
  className: string;
  oneVsRest: boolean;
}

/** Measures of the gap between subgroups, and their units. */
export const gapUnits = { 'fnr-gap': 'proportion', 'fnr-gap-p': 'number', 'fnr-gap-expected': 'proportion' } as const;
export type GapMeasure = keyof typeof gapUnits;

export function metricIds({ className, oneVsRest }: Positive) {
  const suffix = oneVsRest ? `.${inId(className)}` : '';
  return {
    /** `group`: column → value; absent: everyone. */
    rate: (condition: string, group: Record<string, string> = {}) => `fnr${suffix}@${condition}${groupId(group)}`,
    gap: (measure: GapMeasure, condition: string, columns: readonly string[]) =>
      `${measure}${suffix}@${condition}[${columns.map(inId).join(',')}]`,
  };
}

/**
 * Every metric of one class, under each condition: everyone, then each partition's subgroups and gaps.
 *
 * @param positives indices of the examples of the class
 */
export function declaredMetrics(
  positive: Positive,
  positives: ReadonlySet<number>,
  conditions: readonly string[],
  partitions: readonly Partition[],
): DeclaredMetric[] {
  const ids = metricIds(positive);
  const subgroups = partitions.flatMap((partition) => partition.subgroups);
  return conditions.flatMap((condition): DeclaredMetric[] => [
    { id: ids.rate(condition), unit: 'proportion', total: positives.size },
    ...subgroups.map(({ group, members }) => ({
      id: ids.rate(condition, group),
      unit: 'proportion' as const,
      total: members.filter((index) => positives.has(index)).length,
      group,
    })),
    ...partitions.flatMap(({ columns }) =>
      (Object.keys(gapUnits) as GapMeasure[]).map((measure) => ({
        id: ids.gap(measure, condition, columns),
        unit: gapUnits[measure],
      })),
    ),
  ]);
}
