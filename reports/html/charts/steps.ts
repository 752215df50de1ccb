/** Geometry of a chart of step functions, drawn as curves are: marks and the table beside it stand at the axis's ticks. */
import { max, min } from 'd3-array';
import { scaleLinear, scaleLog } from 'd3-scale';
import type { Detail } from 'proofhouse/plugin';
import { inUnit, plain, tick } from '../../format.ts';
import type { Tag } from '../look.ts';
import { figure, heading, left, rate, right, table } from '../view/table.ts';
import type { CurvesView } from './curves.ts';
import { fittingTicks, HEIGHT, lineLooks, PLOT, readAloud, round, WIDTH } from './lines.ts';

type Steps = Extract<Detail, { type: 'steps' }>;
type Line = Steps['lines'][number];

const markWidth = 24;

/** Ticks by the decades that they span: the leading digits that are marked, of every decade or of some. */
function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const digits = decades > 5 ? [1] : decades > 3 ? [1, 3] : [1, 2, 5];
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, index) => first + index);
  const every = Math.ceil(decades / 8);
  return powers
    .filter((power) => (power - first) % every === 0)
    .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
    .filter((value) => value >= low && value <= high);
}

const valueAt = ({ start, points }: Line, x: number) => points.findLast((point) => point.x <= x)?.y ?? start;

export function stepsView(detail: Steps, id: string, tags: ReadonlyMap<string, Tag>): CurvesView {
  const logarithmic = detail.scale === 'log';
  const drawable = ({ x, y }: { x: number; y: number }) =>
    Number.isFinite(x) && y >= 0 && y <= 1 && (logarithmic ? x > 0 : x >= 0);
  const shown = detail.lines.map((line) => ({ ...line, points: line.points.filter(drawable) }));
  const xs = shown.flatMap(({ points }) => points.map(({ x }) => x));
  const high = max(xs) || 1;
  const low = logarithmic ? Math.min(min(xs) ?? 1, high / 10) : 0;
  const x = (logarithmic ? scaleLog : scaleLinear)([low, high], [PLOT.left, PLOT.right]);
  const y = scaleLinear([0, 1], [PLOT.bottom, PLOT.top]);
  // The end of the axis tells where each line ends; no other mark touches it.
  const ticks = logarithmic ? logTicks(low, high) : x.ticks(6);
  const marked = [...ticks.filter((value) => PLOT.right - x(value) > markWidth), high];
  const { nameOf, lookOf } = lineLooks(detail.lines, tags);

  const lines = shown.map((line) => {
    const { colour, marker, dash } = lookOf(line, false);
    const label = nameOf(line);
    const steps = line.points.map((point) => `H${round(x(point.x))}V${round(y(point.y))}`).join('');
    return {
      label,
      colour,
      marker,
      dash,
      envelope: false,
      path: `M${PLOT.left} ${round(y(line.start))}${steps}H${PLOT.right}`,
      band: '',
      points: marked.map((value) => ({
        x: round(x(value)),
        y: round(y(valueAt(line, value))),
        says: `${label}, ${plain(value)}: ${inUnit(valueAt(line, value), 'proportion')}`,
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
    xTicks: fittingTicks(marked.map((value) => ({ x: round(x(value)), text: plain(value) }))),
    yTicks: y.ticks(5).map((value) => ({ y: round(y(value)), text: tick(value, 'proportion') })),
    lines,
    table: table(
      detail.title,
      [left(detail.xLabel), ...shown.map((line) => right(nameOf(line)))],
      marked.map((value) => [
        heading(figure(value)),
        ...shown.map((line) => rate({ value: valueAt(line, value) }, 'proportion', '')),
      ]),
    ),
    wide: detail.lines.length > 4,
  };
}
