/** The subgroups of a metric: their counts, found among the metrics that audits measured. */
import type { Metric } from '../plugin/finding.ts';
import type { Proportion } from '../statistics/index.ts';
import { defectOf } from './evidence.ts';

export interface Subgroup extends Proportion {
  /** Values of its columns: 'darker', or 'darker × older'. */
  label: string;
}

const isOf = (group: Record<string, string>, columns: readonly string[]) =>
  Object.keys(group).length === columns.length && columns.every((column) => Object.hasOwn(group, column));

/** The proportions of one model that are `metric` within each combination of the columns' values, in the audit's order. */
export function subgroupsOf(
  metrics: readonly Metric[],
  model: string,
  metric: string,
  columns: readonly string[],
): { subgroups: Subgroup[] } | { defect: string } {
  const subgroups: Subgroup[] = [];
  for (const one of metrics) {
    const { group, unit, count = 0, total = 0 } = one;
    if (one.model !== model || unit !== 'proportion' || group === undefined) continue;
    if (!one.id.startsWith(`${metric}[`) || !isOf(group, columns)) continue;
    const defect = defectOf(one) ?? (one.total === undefined ? 'It comes without counts' : undefined);
    if (defect !== undefined) return { defect: `${one.id}: ${defect}.` };
    subgroups.push({ label: columns.map((column) => group[column]).join(' × '), count, total });
  }
  return { subgroups };
}

/** Whether some audit measures a metric within subgroups by these columns. */
export const hasSubgroups = (metrics: readonly Metric[], model: string, metric: string, columns: readonly string[]) => {
  const found = subgroupsOf(metrics, model, metric, columns);
  return 'defect' in found || found.subgroups.length > 0;
};
