/** Runs over time: a sparkline and a table row for each headline metric. Lines over other data are told apart, never joined. */

import { extent } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { HistoryEntry, RunRecord } from 'proofhouse/plugin';
import { inUnit, whole } from '../../format.ts';
import { type Tag, tagOf } from '../look.ts';
import type { MetricIndex } from './metrics.ts';
import { metricOf } from './metrics.ts';
import { type Cell, figure, heading, left, right, type Table, table, UNDEFINED, verdictCell, words } from './table.ts';

interface Dot {
  x: number;
  y: number;
  /** Over the data of this run; other dots are hollow and unjoined. */
  same: boolean;
}

export interface SparkView {
  tag: Tag;
  label: string;
  now: string;
  path: string;
  dots: Dot[];
  says: string;
}

export interface HistoryView {
  width: number;
  height: number;
  sparks: SparkView[];
  table: Table;
  text: string;
  otherData: string | null;
}

const WIDTH = 220;
const HEIGHT = 44;
const PAD = 6;
const MOST_SPARKS = 12;
const MOST_RUNS = 40;

export function historyView(
  { history = [], dataset }: RunRecord,
  tags: ReadonlyMap<string, Tag>,
  metrics: MetricIndex,
): HistoryView | null {
  if (history.length === 0) return null;
  const runs = history.slice(-MOST_RUNS);
  const now = runs.at(-1)?.metrics ?? [];
  const series = now
    .slice(0, MOST_SPARKS)
    .map(({ id, model }) => ({ id, model, metric: metricOf(metrics, id, model) }));
  const unitOf = (metric: (typeof series)[number]['metric']) => metric?.unit ?? 'proportion';
  const other = runs.filter((run) => run.dataset !== dataset.sha256).length;
  return {
    width: WIDTH,
    height: HEIGHT,
    sparks: series.map(({ id, model, metric }) => {
      const label = metric?.label ?? id;
      const values = runs.map((run) => valueOf(run, id, model));
      return {
        ...spark(runs, values, dataset.sha256),
        tag: tagOf(tags, model),
        label,
        now: shown(values.at(-1), unitOf(metric)),
        says: `${label}, ${model}: ${values.map((value) => shown(value, unitOf(metric))).join(', ')}`,
      };
    }),
    table: table(
      'Runs, newest first',
      [
        left('Run'),
        left('Verdict'),
        left('Data'),
        ...series.map(({ metric, id, model }) => right(`${metric?.label ?? id}, ${model}`)),
      ],
      runs.toReversed().map((run, index): Cell[] => [
        heading(
          words(index === 0 ? 'this run' : (run.date?.slice(0, 10) ?? 'undated'), run.commit?.slice(0, 12) ?? null),
        ),
        verdictCell(run.verdict),
        words(run.dataset === dataset.sha256 ? 'the same' : `other: ${run.dataset.slice(0, 8)}`),
        ...series.map(({ id, model, metric }) => {
          const value = valueOf(run, id, model);
          return value === null ? UNDEFINED : figure(value, inUnit(value, unitOf(metric)));
        }),
      ]),
    ),
    text:
      history.length > runs.length
        ? `the last ${runs.length} of ${whole(history.length)} runs`
        : `${whole(runs.length)} ${runs.length === 1 ? 'run' : 'runs'}`,
    otherData:
      other === 0
        ? null
        : `${other} of ${runs.length} runs measured other data: they are hollow dots, joined to nothing, for their values cannot be compared with these.`,
  };
}

const valueOf = ({ metrics }: HistoryEntry, id: string, model: string): number | null => {
  const value = metrics.find((metric) => metric.id === id && metric.model === model)?.value ?? null;
  return value !== null && Number.isFinite(value) ? value : null;
};

const shown = (value: number | null | undefined, unit: 'proportion' | 'number') =>
  value === null || value === undefined ? 'undefined' : inUnit(value, unit);

function spark(runs: readonly HistoryEntry[], values: readonly (number | null)[], dataset: string) {
  const [low = 0, high = 1] = extent(values.filter((value) => value !== null));
  // A change of a point or two must not look like a cliff.
  const room = Math.max(0, 0.1 - (high - low)) / 2;
  const x = scaleLinear([0, Math.max(1, runs.length - 1)], [PAD, WIDTH - PAD]);
  const y = scaleLinear([low - room, high + room || 1], [HEIGHT - PAD, PAD]);
  const all = runs.map((run, index) => ({
    value: values[index],
    x: round(x(index)),
    y: round(y(values[index] ?? low)),
    same: run.dataset === dataset,
  }));
  const joined = all.filter(({ same }) => same);
  return {
    path:
      line<(typeof all)[number]>(
        (dot) => dot.x,
        (dot) => dot.y,
      ).defined(({ value }) => value !== null)(joined) ?? '',
    dots: all.filter(({ value }) => value !== null).map(({ x: cx, y: cy, same }): Dot => ({ x: cx, y: cy, same })),
  };
}

const round = (value: number) => Math.round(value * 100) / 100;
