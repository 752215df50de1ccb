/** How numbers read in every report. Nothing here depends on the locale or on the machine's language data. */
import type { Metric } from 'proofhouse/plugin';

/** 1234567 → '1,234,567'. */
export const whole = (value: number): string =>
  Number.isFinite(value)
    ? Math.round(value)
        .toString()
        .replace(/\B(?=(\d{3})+$)/g, ',')
    : String(value);

/** 0.546 → '54.6 %', with a no-break space. */
export const percent = (value: number): string =>
  Number.isFinite(value) ? `${minus((value * 100).toFixed(1))}\u00a0%` : 'not a number';

/** Four significant digits, for distances and other plain numbers: 0.0314, 12.5, 1,204. */
export function plain(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'not a number' : value > 0 ? '∞' : '−∞';
  if (Number.isInteger(value)) return value < 0 ? `−${whole(-value)}` : whole(value);
  if (Math.abs(value) >= 1000) return value < 0 ? `−${whole(-value)}` : whole(value);
  return minus(String(Number(value.toPrecision(4))));
}

/** 1234567 → '1.23 M'. Decimal steps, as parameters and multiply–accumulates are counted. */
export function magnitude(value: number): string {
  for (const [size, letter] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const)
    if (value >= size) return `${Number((value / size).toPrecision(3))} ${letter}`;
  return plain(value);
}

/** Bytes in binary steps: 1536 → '1.5 KiB'. */
export function bytes(value: number): string {
  for (const [size, unit] of [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
  ] as const)
    if (value >= size) return `${Number((value / size).toPrecision(3))} ${unit}`;
  return `${whole(value)} bytes`;
}

export type Unit = Metric['unit'];

export const inUnit = (value: number, unit: Unit): string => (unit === 'proportion' ? percent(value) : plain(value));

/** '50.1–59.0 %'; the percent sign once. */
export function range(low: number, high: number, unit: Unit): string {
  if (unit === 'number') return `${plain(low)} to ${plain(high)}`;
  if (low < 0 || high < 0) return `${percent(low)} to ${percent(high)}`;
  return `${percent(low).replace('\u00a0%', '')}–${percent(high)}`;
}

/** 0.2 → '20 %', for the round numbers of an axis. */
export const tick = (value: number, unit: Unit): string => inUnit(value, unit).replace('.0\u00a0%', '\u00a0%');

/** What the denominator of a rate counts, for a sentence about too few of them. */
export const casesNoun = (label: string): string =>
  /false.?negative|\bfnr\b|recall|sensitivity/i.test(label) ? 'positives' : 'examples';

/** Why a rate has no value. A rate of nothing is undefined, never 0. */
export const undefinedText = (total: number | undefined, noun: string): string =>
  total === 0 ? `undefined (0 ${noun})` : 'undefined';

function minus(text: string): string {
  return /^-0(\.0+)?$/.test(text) ? text.slice(1) : text.replace(/^-/, '−');
}

/** A sentence whose numbers keep their percent sign beside them, whatever the width of the line. */
export const unbroken = (sentence: string): string => sentence.replace(/(\d) %/g, '$1\u00a0%');
