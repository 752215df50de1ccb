/** ε as people write it: '8/255', '0.03', 0.03. The text is kept, because it is part of an evaluation's id. */
import type { ThreatName } from '../plugin/threat.ts';

export interface Epsilon {
  /** As written, without spaces: '8/255'. */
  text: string;
  /** Radius in units of the pixel box [0, 1]; for l0 a number of values, for a family a share of its largest extent. */
  value: number;
}

/** ε where a config names none: RobustBench's and AutoAttack's conventions for small images. */
export const defaultEpsilons: Readonly<Record<ThreatName, readonly string[]>> = {
  linf: ['2/255', '8/255'],
  l2: ['0.5'],
  l1: ['12'],
  l0: ['10'],
  'rotation-translation': ['1'],
  patch: ['0.05'],
};

const decimal = String.raw`(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?`;
const pattern = new RegExp(`^[+-]?${decimal}(?:/${decimal})?$`, 'i');

/**
 * @returns the parsed ε, or one sentence that says what is wrong with it
 */
export function parseEpsilon(written: string | number, norm: ThreatName): Epsilon | string {
  const text = String(written).replace(/\s+/g, '');
  if (!pattern.test(text)) return `ε must be a number or a fraction such as 8/255, got ${JSON.stringify(written)}.`;
  const [numerator, denominator = 1] = text.split('/').map(Number);
  const value = numerator / denominator;
  if (!Number.isFinite(value)) return `ε must be finite, got ${text}.`;
  if (value < 0) return `ε must be greater than 0, got ${text}. Did you mean ${text.replace('-', '')}?`;
  if (value === 0) return `ε must be greater than 0, got ${text}: the clean images are always evaluated.`;
  if (norm === 'linf' && value > 1) {
    const hint = value <= 255 && denominator === 1 ? ` Did you mean ${text}/255?` : '';
    return `ε for linf is at most 1, because pixels run from 0 to 1; got ${text}.${hint}`;
  }
  if (norm === 'rotation-translation' && value > 1)
    return `ε for rotation-translation is a share of the largest transform, 30° and 3/32 of each side, so at most 1; got ${text}.`;
  if (norm === 'patch' && value > 1)
    return `ε for patch is the share of the image's area that the square may cover, so at most 1; got ${text}.`;
  if (norm === 'l0' && !Number.isInteger(value))
    return `ε for l0 counts changed values and must be whole, got ${text}.`;
  return { text: text.replace(/^\+/, ''), value };
}
