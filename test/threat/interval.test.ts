import fc from 'fast-check';
import { expect, it } from 'vitest';
import { clamp, largestMagnitude, linfDistance, within } from '../../src/threat/interval.ts';

const float = fc.float({ min: -2, max: 2, noNaN: true });
const coordinates = fc.array(fc.tuple(float, float, fc.float({ min: 0, max: 1, noNaN: true })), {
  minLength: 1,
  maxLength: 21,
});

/** Bounds of whatever order the draws have. */
const boundsOf = (drawn: [number, number, number][]) => ({
  low: Float32Array.from(drawn, ([x, , width]) => x - width),
  high: Float32Array.from(drawn, ([x, , width]) => x + width),
});

it('clamps as plain arithmetic does, and tells what is within', () => {
  fc.assert(
    fc.property(coordinates, (drawn) => {
      const { low, high } = boundsOf(drawn);
      const point = Float32Array.from(drawn, ([, y]) => y);
      const expected = point.map((y, i) => Math.max(low[i], Math.min(high[i], y)));
      expect(within(point, low, high)).toBe(point.every((y, i) => y >= low[i] && y <= high[i]));
      clamp(point, low, high);
      expect(point.map((y) => y + 0)).toEqual(expected.map((y) => y + 0));
      expect(within(point, low, high)).toBe(true);
    }),
  );
});

it('measures the largest difference in float64', () => {
  fc.assert(
    fc.property(coordinates, (drawn) => {
      const a = Float32Array.from(drawn, ([x]) => x);
      const b = Float32Array.from(drawn, ([, y]) => y);
      expect(linfDistance(a, b)).toBe(Math.max(...drawn.map(([x, y]) => Math.abs(x - y))));
      expect(largestMagnitude(a)).toBe(Math.max(...a.map(Math.abs)));
    }),
  );
});

it.each([0, 1, 2, 3, 4])('a value that is not a number, at place %i, is a distance that is none', (place) => {
  const vector = new Float32Array(5).fill(1);
  vector[place] = Number.NaN;
  expect(linfDistance(vector, new Float32Array(5))).toBeNaN();
  expect(linfDistance(new Float32Array(5), vector)).toBeNaN();
  expect(largestMagnitude(vector)).toBeNaN();
  vector[place] = Number.NEGATIVE_INFINITY;
  expect(largestMagnitude(vector)).toBe(Number.POSITIVE_INFINITY);
});

it('keeps what is not a number in sight', () => {
  const low = new Float32Array(5);
  const high = new Float32Array(5).fill(1);
  const point = Float32Array.of(0.5, Number.NaN, 2, -1, 1);
  expect(within(point, low, high)).toBe(false);
  clamp(point, low, high);
  expect(Array.from(point)).toEqual([0.5, Number.NaN, 1, 0, 1]);
});
