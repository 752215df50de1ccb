/** The subgroups of a metric: their counts, found among the metrics that audits measured. */
import type { DeclaredMetric } from '../plugin/audit.ts';
import type { Metric } from '../plugin/finding.ts';
import type { Proportion } from '../statistics/index.ts';
import { defectOf } from './evidence.ts';
import { allMetrics, type Given } from './judgement.ts';

export interface Subgroup extends Proportion {
  /** Values of its columns: 'darker', or 'darker × older'. */
  label: string;
  /** Cases there will be at the end of the data; set where gates are judged while examples come. */
  planned?: number;
}

/** Whether a metric is that of `metric` within one combination of the columns' values. */
export const isWithin = (
  { id, group }: { id: string; group?: DeclaredMetric['group'] },
  metric: string,
  columns: readonly string[],
): boolean =>
  group !== undefined &&
  id.startsWith(`${metric}[`) &&
  Object.keys(group).length === columns.length &&
  columns.every((column) => Object.hasOwn(group, column));

const labelOf = ({ group = {} }: { group?: DeclaredMetric['group'] }, columns: readonly string[]) =>
  columns.map((column) => group[column]).join(' × ');

function defectIn(metric: Metric, planned: Given['planned']): string | undefined {
  const { id, total } = metric;
  const most = planned === undefined ? total : (planned.get(id)?.total ?? 0);
  const defect =
    defectOf(metric) ??
    (total === undefined || most === undefined ? 'It comes without counts' : undefined) ??
    (Number(total) > Number(most) ? `It is over ${total} cases, of which its audit announced ${most}` : undefined);
  return defect && `${id}: ${defect}.`;
}

/**
 * The proportions of one model that are `metric` within each combination of the columns' values, in the audit's order. While examples still come, those
 * combinations of which there is none yet are among them, so that no verdict leaves them out.
 */
export function subgroupsOf(
  given: Given,
  model: string,
  metric: string,
  columns: readonly string[],
): { subgroups: Subgroup[] } | { defect: string } {
  const { planned } = given;
  const found = new Map(
    allMetrics(given)
      .filter((one) => one.model === model && one.unit === 'proportion' && isWithin(one, metric, columns))
      .map((one) => [one.id, one]),
  );
  for (const one of found.values()) {
    const defect = defectIn(one, planned);
    if (defect !== undefined) return { defect };
  }
  if (planned === undefined || found.size === 0)
    return {
      subgroups: [...found.values()].map((one) => ({
        label: labelOf(one, columns),
        count: one.count ?? 0,
        total: one.total ?? 0,
      })),
    };
  const subgroups = [...planned]
    .filter(([id, horizon]) => isWithin({ id, ...horizon }, metric, columns))
    .map(([id, horizon]): Subgroup => {
      const { count = 0, total = 0 } = found.get(id) ?? {};
      return { label: labelOf(horizon, columns), count, total, planned: horizon.total };
    });
  return { subgroups };
}
