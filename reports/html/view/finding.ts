/** One audit's finding: its details from the closed set, and every metric it measured in one table that can be sorted. */
import type { Detail, Cell as DetailCell, Finding, Metric, RunRecord } from 'proofhouse/plugin';
import { whole } from '../../format.ts';
import { type CurvesView, curvesView } from '../charts/curves.ts';
import { type ForestView, forestView } from '../charts/forest.ts';
import { type GapsView, gapsView } from '../charts/gaps.ts';
import { stepsView } from '../charts/steps.ts';
import type { Tag } from '../look.ts';
import { intersectionTables } from './intersections.ts';
import { type MetricIndex, metricOf } from './metrics.ts';
import {
  type Cell,
  figure,
  heading,
  left,
  metricCell,
  NOT_MEASURED,
  right,
  type Table,
  table,
  tagged,
  UNDEFINED,
  words,
} from './table.ts';

type Forest = Extract<Detail, { type: 'forest' }>;

/** `partial` names the template that draws it. */
export type DetailView =
  | { partial: 'detail-note'; level: string; word: string; text: string }
  | { partial: 'detail-table'; table: Table; folded: boolean; rows: string }
  | { partial: 'detail-curves'; curves: CurvesView }
  | { partial: 'detail-forest'; forest: ForestView };

export interface FindingView {
  id: string;
  title: string;
  summary: string;
  details: DetailView[];
  /** Gaps over what chance would show; null where the audit measures none. */
  gaps: GapsView | null;
  /** Heat tables of two crossed columns. */
  intersections: Table[];
  intersectionCount: string;
  /** Null where the audit measured nothing. */
  metrics: Table | null;
  metricCount: string;
}

/** Rows of the table of all metrics: with many classes and subgroups there are thousands. */
const MOST_ROWS = 200;
/** Rows of a table of the audit's own. */
const MOST_TABLE_ROWS = 300;

export function findingView(
  finding: Finding,
  index: number,
  record: RunRecord,
  tags: ReadonlyMap<string, Tag>,
  metrics: MetricIndex,
): FindingView {
  const id = `finding-${index + 1}`;
  const intersections = intersectionTables(finding.metrics, record);
  const forests = finding.details.filter((detail) => detail.type === 'forest');
  return {
    id,
    title: finding.title,
    summary: finding.summary,
    details: finding.details.map((detail, place) => detailView(detail, `${id}-${place + 1}`, metrics, forests, tags)),
    gaps: gapsView(finding, `${id}-gaps`, tags),
    intersections,
    intersectionCount: whole(intersections.length),
    metrics: finding.metrics.length === 0 ? null : metricsTable(finding, tags),
    metricCount: countOf(finding.metrics),
  };
}

function detailView(
  detail: Detail,
  id: string,
  metrics: MetricIndex,
  forests: readonly Forest[],
  tags: ReadonlyMap<string, Tag>,
): DetailView {
  switch (detail.type) {
    case 'note':
      return note(detail.level, detail.text);
    case 'table':
      return {
        partial: 'detail-table',
        table: detailTable(detail, metrics, tags),
        folded: detail.folded ?? false,
        rows: whole(detail.rows.length),
      };
    case 'curves':
      return { partial: 'detail-curves', curves: curvesView(detail, id, tags) };
    case 'steps':
      return { partial: 'detail-curves', curves: stepsView(detail, id, tags) };
    case 'forest':
      return { partial: 'detail-forest', forest: forestView(detail, id, tags, forests) };
    default:
      return note(
        'warning',
        `This report does not know how to draw “${String((detail as { type: unknown }).type)}”. The numbers are in the results at the end of this file.`,
      );
  }
}

const note = (level: 'info' | 'warning', text: string): DetailView => ({
  partial: 'detail-note',
  level,
  word: level === 'warning' ? 'Caution' : 'Note',
  text,
});

function detailTable(
  detail: Extract<Detail, { type: 'table' }>,
  metrics: MetricIndex,
  tags: ReadonlyMap<string, Tag>,
): Table {
  const cut = detail.rows.length > MOST_TABLE_ROWS;
  return table(
    cut ? `${detail.title} (the first ${MOST_TABLE_ROWS} of ${whole(detail.rows.length)} rows)` : detail.title,
    detail.columns.map(({ title, align }) => (align === 'right' ? right(title) : left(title))),
    detail.rows.slice(0, MOST_TABLE_ROWS).map((cells) =>
      cells.map((content, place): Cell => {
        const cell = detailCell(content, metrics, tags);
        return {
          ...cell,
          heading: place === 0,
          kind: detail.columns[place]?.align === 'right' ? 'figure' : cell.kind,
        };
      }),
    ),
  );
}

/** A metric shows its value alone: intervals and counts have columns of their own where the audit wants them. */
function detailCell(cell: DetailCell, metrics: MetricIndex, tags: ReadonlyMap<string, Tag>): Cell {
  if (cell === null) return UNDEFINED;
  if (typeof cell === 'number') return figure(cell);
  if (typeof cell === 'string') {
    const tag = tags.get(cell);
    return tag ? tagged(tag) : words(cell);
  }
  const metric = metricOf(metrics, cell.metric, cell.model);
  return metric ? { ...metricCell(metric), small: null } : NOT_MEASURED;
}

function countOf(metrics: readonly Metric[]): string {
  const rows = new Set(metrics.map(({ id }) => id)).size;
  return rows > MOST_ROWS
    ? `the first ${MOST_ROWS} of ${whole(rows)}; all are in the results at the end of this file`
    : whole(rows);
}

function metricsTable({ title, metrics }: Finding, tags: ReadonlyMap<string, Tag>): Table {
  const models = [...new Set(metrics.map(({ model }) => model))];
  const ids = [...new Set(metrics.map(({ id }) => id))];
  const byKey = new Map(metrics.map((metric) => [JSON.stringify([metric.id, metric.model]), metric]));
  return table(
    `Every metric of ${title}`,
    [left('Metric'), ...models.map((model) => right(tags.get(model)?.name ?? model))],
    ids.slice(0, MOST_ROWS).map((id) => {
      const ofId = models.map((model) => byKey.get(JSON.stringify([id, model])));
      return [
        heading({ ...words(ofId.find((metric) => metric !== undefined)?.label ?? id, id) }),
        ...ofId.map((metric) => (metric ? metricCell(metric) : NOT_MEASURED)),
      ];
    }),
  );
}
