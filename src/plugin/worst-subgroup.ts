/** The subgroup that fares worst, for the places that have room for one: a badge, a CI job's outputs. */
import type { Metric } from './finding.ts';
import type { RunRecord } from './record.ts';

export interface WorstSubgroup {
  model: string;
  /** The metric over everyone: 'fnr@clean'. */
  metric: string;
  /** Column → value. */
  group: Record<string, string>;
  value: number;
  unit: Metric['unit'];
}

type Grouped = Metric & { group: Record<string, string>; value: number };

const isGrouped = (metric: Metric): metric is Grouped =>
  metric.group !== undefined && metric.value !== null && Number.isFinite(metric.value);

/** 'fnr@clean' of 'fnr@clean[skin_tone=darker]'; a bracket that belongs to a name is escaped by a backslash. */
const overEveryone = (id: string) => /^(?:\\.|[^\\[])*/.exec(id)?.[0] ?? id;

/** How bad the subgroup is at best: the better end of its interval, so that a few unlucky images crown nobody. Larger is worse. */
const atBest = ({ value, interval, better }: Grouped) =>
  better === 'lower' ? (interval?.low ?? value) : -(interval?.high ?? value);

const weight = { blocks: 0, warns: 1, none: 2 } as const;

/**
 * By the metric of the first gate that has subgroups, gates that block before gates that warn before gates that hold; without such a gate by
 * the first false-negative rate that was measured within subgroups. Undefined where no subgroup was measured.
 */
export function worstSubgroup({ findings, gates }: Pick<RunRecord, 'findings' | 'gates'>): WorstSubgroup | undefined {
  const grouped = findings.flatMap(({ metrics }) => metrics).filter(isGrouped);
  const gated = gates
    .toSorted((a, b) => weight[a.effect] - weight[b.effect])
    .flatMap(({ metric, model }) => (metric === undefined ? [] : [{ metric: overEveryone(metric), model }]));
  const rate = grouped.find(({ id }) => /^fnr[.@]/.test(id));
  const fallback = rate === undefined ? [] : [{ metric: overEveryone(rate.id), model: undefined }];
  for (const { metric, model } of [...gated, ...fallback]) {
    const among = grouped.filter((one) => overEveryone(one.id) === metric && (model ?? one.model) === one.model);
    if (among.length === 0) continue;
    const worst = among.reduce((so, one) => (atBest(one) > atBest(so) ? one : so));
    return { model: worst.model, metric, group: worst.group, value: worst.value, unit: worst.unit };
  }
  return undefined;
}
