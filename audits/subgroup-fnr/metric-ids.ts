/** What the metrics of this audit are called, before and after they are measured. */
import type { DeclaredMetric } from 'proofhouse/plugin';
import type { Partition } from './partition.ts';

/** Whose misses count; `oneVsRest`: one of several classes, so that ids name the class. */
export interface Positive {
  className: string;
  oneVsRest: boolean;
}

/** Measures of the gap between subgroups, and their units. */
export const gapUnits = { 'fnr-gap': 'proportion', 'fnr-gap-p': 'number', 'fnr-gap-expected': 'proportion' } as const;
export type GapMeasure = keyof typeof gapUnits;

/** Escapes what has a meaning in an id, so that no two groups share one, whatever their names. */
const inId = (text: string) => text.replaceAll(/[\\@[\]=,]/g, String.raw`\$&`);

export function metricIds({ className, oneVsRest }: Positive) {
  const suffix = oneVsRest ? `.${inId(className)}` : '';
  return {
    /** `group`: column → value; absent: everyone. */
    rate(condition: string, group: Record<string, string> = {}): string {
      const where = Object.entries(group).map(([column, value]) => `${inId(column)}=${inId(value)}`);
      return `fnr${suffix}@${condition}${where.length === 0 ? '' : `[${where.join(',')}]`}`;
    },
    gap: (measure: GapMeasure, condition: string, columns: readonly string[]) =>
      `${measure}${suffix}@${condition}[${columns.map(inId).join(',')}]`,
  };
}

/** Every metric of one class, under each condition: everyone, then each partition's subgroups and gaps. */
export function declaredMetrics(
  positive: Positive,
  conditions: readonly string[],
  partitions: readonly Partition[],
): DeclaredMetric[] {
  const ids = metricIds(positive);
  const groups = [undefined, ...partitions.flatMap(({ subgroups }) => subgroups.map(({ group }) => group))];
  return conditions.flatMap((condition): DeclaredMetric[] => [
    ...groups.map((group) => ({ id: ids.rate(condition, group), unit: 'proportion' as const })),
    ...partitions.flatMap(({ columns }) =>
      (Object.keys(gapUnits) as GapMeasure[]).map((measure) => ({
        id: ids.gap(measure, condition, columns),
        unit: gapUnits[measure],
      })),
    ),
  ]);
}
