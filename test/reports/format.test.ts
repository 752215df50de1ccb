/** How numbers read. */
import { expect, test } from 'vitest';
import { bytes, magnitude, percent, plain, range, undefinedText, whole } from '../../reports/format.ts';

const space = '\u00a0';

test('proportions', () => {
  expect(percent(273 / 500)).toBe(`54.6${space}%`);
  expect(percent(0)).toBe(`0.0${space}%`);
  expect(percent(-0.0001)).toBe(`0.0${space}%`);
  expect(percent(-0.125)).toBe(`−12.5${space}%`);
  expect(percent(Number.NaN)).toBe('not a number');
  expect(range(0.501, 0.59, 'proportion')).toBe(`50.1–59.0${space}%`);
  expect(range(-0.05, 0.1, 'proportion')).toBe(`−5.0${space}% to 10.0${space}%`);
  expect(range(1.25, 2, 'number')).toBe('1.25 to 2');
});

test('counts and plain numbers', () => {
  expect(whole(1234567)).toBe('1,234,567');
  expect(whole(999)).toBe('999');
  expect(plain(8 / 255)).toBe('0.03137');
  expect(plain(-1234)).toBe('−1,234');
  expect(plain(Number.POSITIVE_INFINITY)).toBe('∞');
  expect(magnitude(41_283_584)).toBe('41.3 M');
  expect(magnitude(999)).toBe('999');
  expect(bytes(1_310_720)).toBe('1.25 MiB');
  expect(bytes(512)).toBe('512 bytes');
});

test('a rate of nothing says what there was none of', () => {
  expect(undefinedText(0, 'positives')).toBe('undefined (0 positives)');
  expect(undefinedText(undefined, 'positives')).toBe('undefined');
});
