/**
 * Geometry of a forest plot: a table with a dot-and-whisker drawing in every row, so that each mark stands beside its
 * numbers, names of any length wrap, and the plot sorts and prints with its table.
 */
import { group, max } from 'd3-array';
import { type ScaleLinear, scaleLinear } from 'd3-scale';
import type { Detail } from 'proofhouse/plugin';
import { casesNoun, percent, range, tick, undefinedText, whole } from '../../format.ts';
import { look, type Tag } from '../look.ts';
import { type Cell, isLong, NOT_RUN, rate } from '../view/table.ts';

type Forest = Extract<Detail, { type: 'forest' }>;
type Row = Forest['rows'][number];

/** View box units, equal to pixels on the page. */
const WIDTH = 300;
const MARGIN = 20;
const STEP = 13;
const SMALLEST_HEIGHT = 30;

interface Mark {
  colour: string;
  marker: string;
  y: number;
  /** False where the rate is undefined; then `x` is null. */
  drawn: boolean;
  x: number | null;
  low: number | null;
  high: number | null;
  span: number;
  small: boolean;
}

export interface ForestView {
  id: string;
  title: string;
  xLabel: string;
  width: number;
  ticks: { x: number; text: string }[];
  reference: { x: number; text: string } | null;
  series: { name: string; long: boolean; colour: string; marker: string }[];
  bodies: {
    heading: string | null;
    rows: {
      label: string;
      long: boolean;
      /** Said under the label when there are too few cases to trust. */
      few: string | null;
      height: number;
      says: string;
      marks: Mark[];
      cells: Cell[];
    }[];
  }[];
  /** Columns of the table. */
  columns: number;
  anySmall: boolean;
}

/**
 * @param alike every forest of the finding: those on the same axis share its scale, so that models can be compared by eye
 */
export function forestView(
  detail: Forest,
  id: string,
  tags: ReadonlyMap<string, Tag>,
  alike: readonly Forest[],
): ForestView {
  const noun = casesNoun(`${detail.xLabel} ${detail.title}`);
  const names = [...new Set(detail.rows.map(({ series }) => series))];
  const series = names.map((name, index) => ({
    name,
    long: isLong(name),
    ...seriesLook(name, index, tags),
  }));
  const x = scale(alike.filter(({ xLabel }) => xLabel === detail.xLabel));
  const sections = group(detail.rows, ({ section }) => section ?? null);

  return {
    id,
    title: detail.title,
    xLabel: detail.xLabel,
    width: WIDTH,
    ticks: x.ticks(4).map((value) => ({ x: round(x(value)), text: tick(value, 'proportion') })),
    reference: detail.reference
      ? {
          x: round(x(detail.reference.value)),
          text: /\d\s*%/.test(detail.reference.label)
            ? detail.reference.label
            : `${detail.reference.label}: ${percent(detail.reference.value)}`,
        }
      : null,
    series,
    columns: series.length + 2,
    anySmall: detail.rows.some(({ small }) => small),
    bodies: [...sections].map(([heading, rows]) => ({
      heading,
      rows: worstFirst([...group(rows, ({ label }) => label)]).map(([label, ofLabel]) => {
        const height = Math.max(SMALLEST_HEIGHT, (names.length + 1) * STEP);
        const top = (height - (names.length - 1) * STEP) / 2;
        const bySeries = names.map((name) => ofLabel.find((row) => row.series === name));
        return {
          label,
          long: isLong(label),
          few: few(ofLabel, noun),
          height,
          says: `${label}. ${names.map((name, index) => `${name}: ${saysRow(bySeries[index], noun)}`).join('; ')}`,
          marks: bySeries.flatMap((row, index) => (row ? [mark(row, x, top + index * STEP, series[index])] : [])),
          cells: bySeries.map((row) => (row ? rate(row, 'proportion', noun) : NOT_RUN)),
        };
      }),
    })),
  };
}

/** By the first series, the highest rate on top; groups without a rate last. */
const worstFirst = (labels: readonly [string, Row[]][]): (readonly [string, Row[]])[] =>
  labels.toSorted(([, [a]], [, [b]]) => (b.value ?? -1) - (a.value ?? -1));

/** From 0 to the widest whisker, rounded up; never narrower than 20 points, so that noise does not look like a gap. */
function scale(forests: readonly Forest[]): ScaleLinear<number, number> {
  const marks = forests.flatMap(({ rows, reference }) => [
    ...rows.map(({ value, high }) => high ?? value ?? 0),
    reference?.value ?? 0,
  ]);
  const widest = max([0.2, ...marks.filter(Number.isFinite)]) ?? 1;
  const end = Math.min(1, scaleLinear([0, widest], [0, 1]).nice(4).domain()[1]);
  return scaleLinear([0, end], [MARGIN, WIDTH - MARGIN]).clamp(true);
}

/** A series that names a model wears that model's look; others take looks that no model has. */
function seriesLook(name: string, index: number, tags: ReadonlyMap<string, Tag>) {
  const { colour, marker } = tags.get(name) ?? look(tags.size + index);
  return { colour, marker };
}

function mark(
  row: Row,
  scaled: ScaleLinear<number, number>,
  y: number,
  { colour, marker }: { colour: string; marker: string },
): Mark {
  const place = (value: number | null | undefined) =>
    value === null || value === undefined || !Number.isFinite(value) ? null : round(scaled(value));
  const low = place(row.low);
  const high = place(row.high);
  const x = place(row.value);
  return {
    colour,
    marker,
    y,
    drawn: x !== null,
    x,
    low,
    high,
    span: low === null || high === null ? 0 : round(high - low),
    small: row.small ?? false,
  };
}

function few(rows: readonly Row[], noun: string): string | null {
  const totals = [...new Set(rows.filter(({ small }) => small).map(({ total }) => total ?? 0))].toSorted(
    (a, b) => a - b,
  );
  if (totals.length === 0) return null;
  const span = totals.length === 1 ? whole(totals[0]) : `${whole(totals[0])} to ${whole(totals.at(-1) ?? 0)}`;
  return totals[0] === 0 && totals.length === 1 ? `no ${noun}` : `too few to trust: ${span} ${noun}`;
}

function saysRow(row: Row | undefined, noun: string): string {
  if (row === undefined) return 'not run';
  if (row.value === null) return undefinedText(row.total, noun);
  const interval =
    row.low === undefined || row.high === undefined ? '' : ` (${range(row.low, row.high, 'proportion')})`;
  const counts =
    row.total === undefined
      ? ''
      : `, ${row.count === undefined ? 'of' : `${whole(row.count)} of`} ${whole(row.total)} ${noun}`;
  return `${percent(row.value)}${interval}${counts}`;
}

const round = (value: number) => Math.round(value * 100) / 100;
