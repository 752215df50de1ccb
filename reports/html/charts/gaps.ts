/**
 * Geometry of the gaps between subgroups: each gap with its interval over the band that chance alone would fill, so that a gap of many
 * small groups is not mistaken for one of few large ones.
 */
import { max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import type { Finding, Metric } from 'proofhouse/plugin';
import { percent, range, tick } from '../../format.ts';
import { type Tag, tagOf } from '../look.ts';
import { type Cell, figure, UNDEFINED } from '../view/table.ts';

const WIDTH = 300;
const MARGIN = 20;

export interface GapsView {
  id: string;
  width: number;
  ticks: { x: number; text: string }[];
  start: number;
  rows: {
    tag: Tag;
    label: string;
    says: string;
    x: number;
    low: number;
    span: number;
    /** Width of the band of chance, from 0. */
    chance: number;
    cells: Cell[];
  }[];
}

/** 'fnr-gap@clean[skin_tone]' → its family, condition and columns. */
const GAP = /^(.+)-gap@([^[]+)\[(.+)\]$/;
const MOST_ROWS = 24;

/** @returns null where the finding has no gaps with what chance would show: metrics X-gap@…, X-gap-expected@… and X-gap-p@… */
export function gapsView({ metrics }: Finding, id: string, tags: ReadonlyMap<string, Tag>): GapsView | null {
  const byKey = new Map(metrics.map((metric) => [JSON.stringify([metric.id, metric.model]), metric]));
  const find = (name: string, model: string): Metric | undefined => byKey.get(JSON.stringify([name, model]));
  const lastWorst = metrics.filter(({ id: name }) => GAP.test(name) && name.includes('@worst:')).at(-1)?.id;
  const worst = lastWorst === undefined ? undefined : GAP.exec(lastWorst)?.[2];
  const gaps = metrics.flatMap((gap) => {
    const [, family, condition, columns] = GAP.exec(gap.id) ?? [];
    if (gap.value === null || (condition !== 'clean' && condition !== worst)) return [];
    const expected = find(`${family}-gap-expected@${condition}[${columns}]`, gap.model)?.value;
    const p = find(`${family}-gap-p@${condition}[${columns}]`, gap.model)?.value;
    return typeof expected === 'number' ? [{ gap, value: gap.value, expected, p, columns, condition }] : [];
  });
  if (gaps.length === 0) return null;
  const shown = gaps.slice(0, MOST_ROWS);
  const widest = max(shown, ({ gap, expected, value }) => Math.max(gap.interval?.high ?? value, expected)) ?? 1;
  const end = Math.min(
    1,
    scaleLinear([0, Math.max(0.2, widest)], [0, 1])
      .nice(4)
      .domain()[1],
  );
  const x = scaleLinear([0, end], [MARGIN, WIDTH - MARGIN]).clamp(true);
  return {
    id,
    width: WIDTH,
    start: MARGIN,
    ticks: x.ticks(4).map((value) => ({ x: round(x(value)), text: tick(value, 'proportion') })),
    rows: shown.map(({ gap, value, expected, p, columns, condition }) => {
      const low = round(x(gap.interval?.low ?? value));
      const interval = gap.interval ? range(gap.interval.low, gap.interval.high, 'proportion') : null;
      return {
        tag: tagOf(tags, gap.model),
        label: `${columns.replaceAll(',', ' × ')}, ${condition === 'clean' ? 'clean' : `worst case ${condition.split(':').at(-1)}`}`,
        says: `${gap.label}: ${percent(value)}${interval ? ` (${interval})` : ''}; groups without any difference would show ${percent(expected)}`,
        x: round(x(value)),
        low,
        span: round(x(gap.interval?.high ?? value) - low),
        chance: round(x(expected) - MARGIN),
        cells: [
          { ...figure(value, percent(value)), small: interval },
          figure(expected, percent(expected)),
          typeof p === 'number' ? figure(p) : UNDEFINED,
        ],
      };
    }),
  };
}

const round = (value: number) => Math.round(value * 100) / 100;
