import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepToPlane, towardsPlane } from '../../src/threat/plane.ts';

const pixel = fc.oneof(fc.constantFrom(0, 1, 0.5), fc.double({ min: 0, max: 1, noNaN: true }).map(Math.fround));
const weight = fc.oneof(
  fc.constantFrom(0, 1, -1),
  fc.double({ min: -5, max: 5, noNaN: true }).map((slope) => (Math.abs(slope) < 1e-3 ? 0 : Math.fround(slope))),
);
const planes = fc.record({
  coordinates: fc.array(fc.tuple(pixel, weight), { minLength: 1, maxLength: 70 }),
  value: fc.double({ min: -20, max: 20, noNaN: true }),
});

/** Amounts of L∞ or L2 by bisection on λ, in plain arithmetic. */
function amounts(norm: 'linf' | 'l2', w: number[], rooms: number[], needed: number): number[] {
  const at = (lambda: number) => w.map((slope, i) => Math.min(norm === 'linf' ? lambda : lambda * slope, rooms[i]));
  let low = 0;
  let high = 1;
  const gained = (lambda: number) => at(lambda).reduce((sum, amount, i) => sum + w[i] * amount, 0);
  while (gained(high) < needed && high < 2 ** 60) high *= 2;
  for (let round = 0; round < 200; round++) {
    const middle = (low + high) / 2;
    if (gained(middle) < needed) low = middle;
    else high = middle;
  }
  return at(high).map((amount, i) => (w[i] === 0 ? 0 : amount));
}

/** A step of FAB in plain arithmetic, but for the two displacements. Σ w·(origin − point) is added up in four parts, coordinate i in part i mod 4. */
function slowStep(
  norm: 'linf' | 'l2' | 'l1',
  point: Float32Array,
  origin: Float32Array,
  w: Float32Array,
  value: number,
) {
  const fromPoint = new Float64Array(point.length);
  const fromOrigin = new Float64Array(point.length);
  const parts = [0, 0, 0, 0];
  for (const [i, slope] of w.entries()) parts[norm === 'l1' ? 0 : i % 4] += slope * (origin[i] - point[i]);
  const atOrigin = value + (parts[0] + parts[2] + (parts[1] + parts[3]));
  const here = Math.max(towardsPlane(norm, point, w, value, fromPoint), 1e-8);
  const there = Math.max(towardsPlane(norm, origin, w, atOrigin, fromOrigin), 1e-8);
  const bias = Math.min(here / (here + there), 0.1);
  return point.map((x, i) => {
    const moved = (1 - bias) * (x + 1.05 * fromPoint[i]) + bias * (origin[i] + 1.05 * fromOrigin[i]);
    return Math.max(0, Math.min(1, moved));
  });
}

describe('the way to a plane', () => {
  it.each(['linf', 'l2', 'l1'] as const)('%s: ends on the plane inside the box, or in its corner', (norm) => {
    fc.assert(
      fc.property(planes, ({ coordinates, value }) => {
        const point = Float32Array.from(coordinates, ([x]) => x);
        const w = Float32Array.from(coordinates, ([, slope]) => slope);
        const displacement = new Float64Array(point.length).fill(7);
        const length = towardsPlane(norm, point, w, value, displacement);
        const magnitudes = Array.from(displacement, Math.abs);
        const expected = {
          linf: Math.max(...magnitudes),
          l2: Math.hypot(...magnitudes),
          l1: magnitudes.reduce((a, b) => a + b),
        };
        expect(length).toBeCloseTo(expected[norm], 12);
        const direction = value > 0 ? -1 : 1;
        const rooms = coordinates.map(([x, slope]) => (direction * slope > 0 ? 1 - x : x));
        for (const [i, [, slope]] of coordinates.entries()) {
          expect(magnitudes[i]).toBeLessThanOrEqual(rooms[i]);
          expect(displacement[i] * direction * slope).toBeGreaterThanOrEqual(0);
        }
        const most = rooms.reduce((sum, room, i) => sum + Math.abs(w[i]) * room, 0);
        const gained = magnitudes.reduce((sum, amount, i) => sum + Math.abs(w[i]) * amount, 0);
        expect(gained).toBeCloseTo(Math.min(most, Math.abs(value)), 8);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['linf', 'l2'] as const)('%s: is the one that bisection finds', (norm) => {
    fc.assert(
      fc.property(planes, ({ coordinates, value }) => {
        const point = Float32Array.from(coordinates, ([x]) => x);
        const w = coordinates.map(([, slope]) => slope);
        const displacement = new Float64Array(point.length);
        towardsPlane(norm, point, Float32Array.from(w), value, displacement);
        const direction = value > 0 ? -1 : 1;
        const rooms = coordinates.map(([x, slope]) => (direction * slope > 0 ? 1 - x : x));
        const most = rooms.reduce((sum, room, i) => sum + Math.abs(w[i]) * room, 0);
        // At the very corner rounding decides which side λ ends on.
        fc.pre(Math.abs(most - Math.abs(value)) > 1e-6);
        const slow = amounts(norm, w.map(Math.abs), rooms, Math.abs(value));
        for (const [i, amount] of slow.entries()) expect(Math.abs(displacement[i])).toBeCloseTo(amount, 7);
      }),
      { numRuns: 300 },
    );
  });

  it('L1: no other mixture of full coordinates is shorter', () => {
    const point = Float32Array.of(0.5, 0.25, 0, 1);
    const displacement = new Float64Array(4);
    // Room upwards: 0.5, 0.75, 1, 0. The steepest has none, the next gives 3 · 0.5, and 0.5 is left for the third: 0.25 of slope 2.
    expect(towardsPlane('l1', point, Float32Array.of(3, 2, 1, 9), -2, displacement)).toBe(0.75);
    expect(Array.from(displacement)).toEqual([0.5, 0.25, 0, 0]);
  });

  it('L0 is refused', () => {
    const one = Float32Array.of(0.5);
    expect(() => towardsPlane('l0', one, one, 1, new Float64Array(1))).toThrow('fewest');
  });

  it.each(['linf', 'l2'] as const)('%s: a step of the boundary attack has the bits of plain arithmetic', (norm) => {
    fc.assert(
      fc.property(planes, fc.array(pixel, { minLength: 70, maxLength: 70 }), ({ coordinates, value }, others) => {
        const point = Float32Array.from(coordinates, ([x]) => x);
        const w = Float32Array.from(coordinates, ([, slope]) => slope);
        const origin = Float32Array.from(others.slice(0, point.length));
        const expected = slowStep(norm, point, origin, w, value);
        stepToPlane(norm, point, origin, w, value, { overshoot: 1.05, mostBias: 0.1 });
        expect(point).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('L1: a step of the boundary attack is the formula', () => {
    const point = Float32Array.of(0.5, 0.25, 0, 1);
    const origin = Float32Array.of(0.4, 0.3, 0.1, 0.9);
    const w = Float32Array.of(3, 2, 1, 9);
    const expected = slowStep('l1', point, origin, w, -2);
    stepToPlane('l1', point, origin, w, -2, { overshoot: 1.05, mostBias: 0.1 });
    expect(point).toEqual(expected);
  });

  it.each(['linf', 'l2'] as const)('%s: what is not a number stays in sight', (norm) => {
    const displacement = new Float64Array(3);
    const point = new Float32Array(3).fill(0.5);
    expect(towardsPlane(norm, point, Float32Array.of(1, Number.NaN, 1), 0.5, displacement)).toBeNaN();
    expect(towardsPlane(norm, point, Float32Array.of(1, 1, 1), Number.NaN, displacement)).toBeNaN();
  });
});
