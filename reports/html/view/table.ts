/** Tables as the one table template draws them. */
import type { Metric, Verdict } from 'proofhouse/plugin';
import { casesNoun, inUnit, plain, range, type Unit, undefinedText, whole } from '../../format.ts';
import { wordOf } from '../../gates.ts';
import type { Tag } from '../look.ts';

export interface Cell {
  text: string;
  /** Second, smaller line. */
  small: string | null;
  /** What the client script sorts by where `sortable`; otherwise it sorts by the text. */
  sort: string;
  sortable: boolean;
  kind: 'words' | 'figure' | 'code';
  isCode: boolean;
  /** A row's heading. */
  heading: boolean;
  tag: Tag | null;
  /** Kind of a verdict, drawn with its icon; null where the cell is none. */
  verdict: string | null;
  /** Class that fills the cell's ground, of a heat table. */
  heat: string | null;
  /** Link target in this page. */
  href: string | null;
  /** Holds a word that may be broken anywhere, so that it does not widen its column without end. */
  long: boolean;
  /** More than a few words: its column must not shrink to one word a line. */
  prose: boolean;
}

export interface Column {
  title: string;
  right: boolean;
  long: boolean;
}

export interface Table {
  caption: string;
  columns: Column[];
  bodies: { heading: string | null; rows: { cells: Cell[] }[] }[];
  /** Number of columns, for headings that span them. */
  width: number;
}

/** Whether a text holds a word that may be broken anywhere. */
export const isLong = (text: string): boolean => /\S{25}/.test(text);

const cell = (text: string, rest: Partial<Cell> = {}): Cell => ({
  text,
  small: null,
  sort: '',
  sortable: rest.sort !== undefined,
  kind: 'words',
  isCode: rest.kind === 'code',
  heading: false,
  tag: null,
  verdict: null,
  heat: null,
  href: null,
  long: isLong(text),
  prose: text.length > 16,
  ...rest,
});

export const words = (text: string, small: string | null = null): Cell => cell(text, { small });
export const code = (text: string): Cell => cell(text, { kind: 'code' });
export const tagged = (tag: Tag): Cell => cell(tag.name, { tag });
export const verdictCell = (verdict: Verdict): Cell => {
  const { word, kind } = wordOf(verdict);
  return cell(word, { verdict: kind });
};
/** The same cell as the heading of its row. */
export const heading = (of: Cell): Cell => ({ ...of, heading: true });

export const figure = (value: number, text = plain(value)): Cell => cell(text, { kind: 'figure', sort: String(value) });

export const count = (value: number): Cell => figure(value, whole(value));

export const UNDEFINED: Cell = cell('undefined', { kind: 'figure', sort: '' });
export const NOT_RUN: Cell = cell('not run', { kind: 'figure', sort: '' });
export const NOT_MEASURED: Cell = cell('not measured', { kind: 'figure', sort: '' });

interface Rate {
  value: number | null;
  low?: number | undefined;
  high?: number | undefined;
  count?: number | undefined;
  total?: number | undefined;
}

/** A rate with its interval and the counts behind it; undefined rates say so and sort last. */
export function rate(of: Rate, unit: Unit, noun: string): Cell {
  if (of.value === null) return cell(undefinedText(of.total, noun), { kind: 'figure', sort: '' });
  const small = [
    of.low !== undefined && of.high !== undefined ? range(of.low, of.high, unit) : null,
    of.total === undefined
      ? null
      : of.count === undefined
        ? `n = ${whole(of.total)}`
        : `${whole(of.count)}/${whole(of.total)}`,
  ].filter((part) => part !== null);
  return cell(inUnit(of.value, unit), {
    kind: 'figure',
    sort: String(of.value),
    small: small.length > 0 ? small.join(' · ') : null,
  });
}

export const metricCell = (metric: Metric): Cell =>
  rate({ ...metric, ...metric.interval }, metric.unit, casesNoun(metric.label));

export const left = (title: string): Column => ({
  title,
  right: false,
  long: isLong(title),
});
export const right = (title: string): Column => ({ ...left(title), right: true });

export const table = (caption: string, columns: Column[], rows: Cell[][]): Table =>
  sectioned(caption, columns, [{ heading: null, rows }]);

export const sectioned = (
  caption: string,
  columns: Column[],
  sections: { heading: string | null; rows: Cell[][] }[],
): Table => ({
  caption,
  columns,
  width: columns.length,
  bodies: sections.map(({ heading: title, rows }) => ({ heading: title, rows: rows.map((cells) => ({ cells })) })),
});
