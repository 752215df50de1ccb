/** Geometry of a line chart, over ε as a rule: one line for each model and attack with its band, as coordinates that a template writes down. */
import { max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import type { Detail } from 'proofhouse/plugin';
import { inUnit, plain, range, tick, type Unit, undefinedText } from '../../format.ts';
import type { Tag } from '../look.ts';
import { type Cell, figure, heading, left, NOT_RUN, rate, right, type Table, table } from '../view/table.ts';
import { fittingTicks, HEIGHT, lineLooks, PLOT, readAloud, round, WIDTH } from './lines.ts';

type Curves = Extract<Detail, { type: 'curves' }>;
type Line = Curves['lines'][number];
type Point = Line['points'][number];

export interface CurvesView {
  id: string;
  title: string;
  description: string;
  xLabel: string;
  yLabel: string;
  width: number;
  height: number;
  plot: typeof PLOT;
  xTicks: { x: number; text: string | null }[];
  yTicks: { y: number; text: string }[];
  lines: {
    label: string;
    colour: string;
    dash: string;
    /** The worst case over attacks is drawn as a broad stroke under the attacks it is made of. */
    envelope: boolean;
    path: string;
    band: string;
    marker: string;
    points: { x: number; y: number; says: string }[];
  }[];
  table: Table;
  /** The table has too many columns to stand beside the chart. */
  wide: boolean;
}

export function curvesView(detail: Curves, id: string, tags: ReadonlyMap<string, Tag>): CurvesView {
  const xs = [...new Set(detail.lines.flatMap(({ points }) => points.map(({ x }) => x)))]
    .filter(Number.isFinite)
    .toSorted((a, b) => a - b);
  const x = scaleLinear([0, max(xs) || 1], [PLOT.left, PLOT.right]);
  const unit = detail.unit ?? 'proportion';
  const highest = max(detail.lines.flatMap(({ points }) => points.map((point) => point.high ?? point.y ?? 0)));
  const y = scaleLinear([0, unit === 'proportion' ? 1 : highest || 1], [PLOT.bottom, PLOT.top]);
  if (unit === 'number') y.nice(5);
  const at = (point: Point) => round(x(point.x));
  const { nameOf, lookOf } = lineLooks(detail.lines, tags);

  const lines = detail.lines.map((series) => {
    const envelope = /^worst case/i.test(series.label);
    const { colour, marker, dash } = lookOf(series, envelope);
    const label = nameOf(series);
    const drawn = series.points.filter((point) => Number.isFinite(point.x));
    const defined = drawn.filter((point) => point.y !== null && Number.isFinite(point.y));
    return {
      label,
      colour,
      marker,
      dash,
      envelope,
      path: line<Point>(at, (point) => round(y(point.y ?? 0))).defined((point) => defined.includes(point))(drawn) ?? '',
      band:
        area<Point>()
          .x(at)
          .y0((point) => round(y(point.low ?? 0)))
          .y1((point) => round(y(point.high ?? 0)))
          .defined((point) => defined.includes(point) && point.low !== undefined && point.high !== undefined)(drawn) ??
        '',
      points: defined.map((point) => ({
        x: at(point),
        y: round(y(point.y ?? 0)),
        says: `${label}, ${tickText(point)}: ${saysValue(point, unit)}`,
      })),
    };
  });

  return {
    id,
    title: detail.title,
    description: readAloud(lines),
    xLabel: detail.xLabel,
    yLabel: detail.yLabel,
    width: WIDTH,
    height: HEIGHT,
    plot: PLOT,
    xTicks: fittingTicks(
      xs.map((value) => ({
        x: round(x(value)),
        // '0 (clean)' explains itself in the table; the axis has room for '0'.
        text: tickText(firstAt(detail.lines, value)).replace(/ \(.*\)$/, ''),
      })),
    ),
    yTicks: y.ticks(5).map((value) => ({ y: round(y(value)), text: tick(value, unit) })),
    lines: [...lines.filter(({ envelope }) => envelope), ...lines.filter(({ envelope }) => !envelope)],
    table: curvesTable(detail, xs, nameOf),
    wide: detail.lines.length > 4,
  };
}

function curvesTable(detail: Curves, xs: readonly number[], nameOf: (line: Line) => string): Table {
  const rows = xs.map((value): Cell[] => [
    heading(figure(value, tickText(firstAt(detail.lines, value)))),
    ...detail.lines.map(({ points }) => {
      const point = points.find((candidate) => candidate.x === value);
      return point ? rate({ ...point, value: point.y }, detail.unit ?? 'proportion', '') : NOT_RUN;
    }),
  ]);
  return table(detail.title, [left(detail.xLabel), ...detail.lines.map((series) => right(nameOf(series)))], rows);
}

const firstAt = (lines: readonly Line[], x: number): Point =>
  lines.flatMap(({ points }) => points).find((point) => point.x === x && point.xText !== undefined) ?? { x, y: null };

const tickText = ({ x, xText }: Point) => (xText === undefined || xText.length > 14 ? plain(x) : xText);

function saysValue({ y, low, high }: Point, unit: Unit): string {
  if (y === null) return undefinedText(undefined, '');
  const value = inUnit(y, unit);
  return low === undefined || high === undefined ? value : `${value} (${range(low, high, unit)})`;
}
