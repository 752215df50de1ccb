/** How numbers read in a gate's sentences. */
import type { Metric } from '../plugin/finding.ts';

export type Unit = Metric['unit'];

/** 0.546 → '54.60 %'. */
export const show = (value: number, unit: Unit) =>
  unit === 'proportion' ? `${(100 * value).toFixed(2)} %` : plain(value);

/** A number without the noise of binary fractions: 0.025000000000000022 → '0.025'. */
export const plain = (value: number) => `${Number(value.toPrecision(6))}`;

/** A difference of proportions: 0.031 → '3.1 points'. */
export function points(value: number): string {
  const number = Number((100 * value).toFixed(2));
  return `${number} ${number === 1 ? 'point' : 'points'}`;
}

/** 0.95 → '95 %'. */
export const percent = (share: number) => `${plain(100 * share)} %`;

/** p-values as papers print them: '0.031', '< 0.0001'. */
export const pText = (p: number) => (p < 1e-4 ? '< 0.0001' : `${Number(p.toPrecision(2))}`);

/** '= 0.031' or '< 0.0001', to follow "p". */
export const pEquals = (p: number) => (p < 1e-4 ? pText(p) : `= ${pText(p)}`);

/** 'a', 'a and b', 'a, b and 3 more'. */
export function listed(names: readonly string[], most = 3): string {
  if (names.length > most) return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
