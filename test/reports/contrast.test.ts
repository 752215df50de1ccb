/** Every pair of colours that carries text or meaning, in both themes, against WCAG 2.2 (1.4.3: 4.5 for text, 1.4.11: 3 for graphics). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = readFileSync(new URL('../../reports/html/styles/tokens.css', import.meta.url), 'utf8');
const tokens = new Map(
  Array.from(css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g), ([, name, light, dark]) => [
    name,
    { light, dark },
  ]),
);

/** Relative luminance of an sRGB colour (WCAG 2.2). */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((start) => {
    const channel = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(foreground: string, background: string, theme: 'light' | 'dark'): number {
  const [lighter, darker] = [foreground, background]
    .map((name) => luminance(tokens.get(name)?.[theme] ?? '#000000'))
    .toSorted((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

const verdicts = ['pass', 'fail', 'inconclusive', 'error', 'none'];
const text = [
  ...['ink', 'muted', 'accent', ...verdicts].flatMap((name) => ['paper', 'surface'].map((on) => [name, on])),
  ['ink', 'sunken'],
  ['muted', 'sunken'],
  ...verdicts.flatMap((name) => [
    [name, `${name}-tint`],
    ['ink', `${name}-tint`],
  ]),
];
const graphics = [
  ...Array.from({ length: 8 }, (_, index) => [`series-${index + 1}`, 'paper']),
  ...Array.from({ length: 8 }, (_, index) => [`series-${index + 1}`, 'surface']),
  ...verdicts.flatMap((name) => [
    [name, 'passing'],
    [name, 'paper'],
  ]),
  ['line', 'paper'],
  ['ink', 'passing'],
];

test('the tokens are there', () => expect(tokens.size).toBeGreaterThanOrEqual(25));

describe.each(['light', 'dark'] as const)('%s', (theme) => {
  test.each(text)('text %s on %s', (foreground, background) =>
    expect(contrast(foreground, background, theme)).toBeGreaterThanOrEqual(4.5),
  );
  test.each(graphics)('graphic %s on %s', (foreground, background) =>
    expect(contrast(foreground, background, theme)).toBeGreaterThanOrEqual(3),
  );
});
