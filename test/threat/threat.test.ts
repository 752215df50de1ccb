import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Norm } from '../../src/plugin/threat.ts';
import { createRandom } from '../../src/random.ts';
import { distances } from '../../src/threat/box.ts';
import { roundToEightBit } from '../../src/threat/eight-bit.ts';
import { threatAround } from '../../src/threat/index.ts';

const norms = ['linf', 'l2', 'l1'] as const;
const unit = fc.double({ min: 0, max: 1, noNaN: true }).map(Math.fround);
const cases = fc.record({
  norm: fc.constantFrom<Norm>(...norms),
  epsilon: fc.double({ min: 0.001, max: 3, noNaN: true }),
  pixels: fc.array(fc.tuple(unit, fc.double({ min: -4, max: 5, noNaN: true })), { minLength: 1, maxLength: 40 }),
});

/** Nearest point by a slow method of its own: Dykstra's alternating projections onto ball and box, in float64. */
function dykstra(norm: Norm, image: number[], target: number[], epsilon: number): number[] {
  const ball = (v: number[]): number[] => {
    const d = v.map((value, i) => value - image[i]);
    if (norm === 'l2') {
      const length = Math.hypot(...d);
      return length <= epsilon ? v : image.map((x, i) => x + (d[i] * epsilon) / length);
    }
    const total = d.reduce((sum, value) => sum + Math.abs(value), 0);
    if (total <= epsilon) return v;
    const sorted = d.map(Math.abs).toSorted((a, b) => b - a);
    let sum = 0;
    let lambda = 0;
    for (const [i, value] of sorted.entries()) {
      sum += value;
      const candidate = (sum - epsilon) / (i + 1);
      if (candidate < value) lambda = candidate;
    }
    return image.map((x, i) => x + Math.sign(d[i]) * Math.max(0, Math.abs(d[i]) - lambda));
  };
  const box = (v: number[]) => v.map((value) => Math.max(0, Math.min(1, value)));
  let point = target;
  let p = target.map(() => 0);
  let q = target.map(() => 0);
  for (let round = 0; round < 4000; round++) {
    const inBall = ball(point.map((value, i) => value + p[i]));
    p = point.map((value, i) => value + p[i] - inBall[i]);
    const inBox = box(inBall.map((value, i) => value + q[i]));
    q = inBall.map((value, i) => value + q[i] - inBox[i]);
    point = inBox;
  }
  return point;
}

describe('threats', () => {
  it('project into ball ∩ box, and leave a point that is inside where it is', () => {
    fc.assert(
      fc.property(cases, ({ norm, epsilon, pixels }) => {
        const image = Float32Array.from(pixels, ([x]) => x);
        const point = Float32Array.from(pixels, ([, y]) => y);
        const threat = threatAround(image, norm, epsilon);
        threat.project(point);
        expect(threat.contains(point)).toBe(true);
        const again = point.slice();
        threat.project(again);
        for (let i = 0; i < point.length; i++) expect(Math.abs(again[i] - point[i])).toBeLessThan(1e-6);
      }),
    );
  });

  it('keep stored L∞ points inside the ball in float64 with no tolerance at all', () => {
    fc.assert(
      fc.property(cases, ({ epsilon, pixels }) => {
        const image = Float32Array.from(pixels, ([x]) => x);
        const point = Float32Array.from(pixels, ([, y]) => y);
        const threat = threatAround(image, 'linf', epsilon);
        threat.project(point);
        expect(threat.contains(point, 0)).toBe(true);
      }),
    );
  });

  it.each(['l2', 'l1'] as const)(
    'find the nearest point of the intersection (%s), as alternating projections do',
    (norm) => {
      fc.assert(
        fc.property(cases, ({ epsilon, pixels }) => {
          const image = Float32Array.from(pixels, ([x]) => x);
          const target = Float32Array.from(pixels, ([, y]) => y);
          const point = target.slice();
          threatAround(image, norm, epsilon).project(point);
          const reference = dykstra(norm, Array.from(image), Array.from(target), epsilon);
          const distance = (to: ArrayLike<number>) => Math.hypot(...Array.from(target, (value, i) => value - to[i]));
          expect(distance(point)).toBeLessThanOrEqual(distance(reference) + 1e-4);
        }),
        { numRuns: 60 },
      );
    },
  );

  it.each(norms)('draw random points inside, keyed by purpose and not by order (%s)', (norm) => {
    const image = Float32Array.from({ length: 300 }, (_, i) => (i % 11) / 10);
    const threat = threatAround(image, norm, 0.5);
    const first = threat.randomPoint(createRandom(7, 'a'));
    createRandom(7, 'b').uniform();
    expect(threat.randomPoint(createRandom(7, 'a'))).toEqual(first);
    expect(threat.contains(first)).toBe(true);
    expect(threat.distance(first)).toBeGreaterThan(0.1);
  });

  it.each(norms)(
    'ascend: a linear function grows by the step times the dual norm where the box is far (%s)',
    (norm) => {
      const image = new Float32Array(100).fill(0.5);
      const gradient = Float32Array.from(image, (_, i) => (i === 42 ? 5 : Math.sin(i)));
      const point = image.slice();
      threatAround(image, norm, 0.1).ascend(point, gradient, 0.01);
      const gain = point.reduce((sum, value, i) => sum + gradient[i] * (value - image[i]), 0);
      const dual = {
        linf: distances(gradient, new Float32Array(100)).l1,
        l2: distances(gradient, new Float32Array(100)).l2,
        l1: 5,
      };
      expect(gain / (0.01 * dual[norm])).toBeCloseTo(1, 4);
    },
  );

  it('take the L∞ step that plain arithmetic takes, at any length, with zeros and NaN in the gradient', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(unit, fc.oneof(fc.constantFrom(0, -0, Number.NaN, 1e-40, -1e-40), fc.float({ noNaN: true }))),
          { maxLength: 40, minLength: 1 },
        ),
        fc.float({ min: 0, max: Math.fround(0.2), noNaN: true }),
        (pairs, step) => {
          const image = Float32Array.from(pairs, ([x]) => x);
          const gradient = Float32Array.from(pairs, ([, g]) => g);
          const point = image.slice();
          threatAround(image, 'linf', 0.1).ascend(point, gradient, step);
          for (let i = 0; i < point.length; i++) {
            const moved = Math.fround(image[i] + step * (Math.sign(gradient[i]) || 0));
            const expected = Math.max(Math.max(0, image[i] - 0.1), Math.min(Math.min(1, image[i] + 0.1), moved));
            expect(Math.abs(point[i] - expected)).toBeLessThanOrEqual(6e-8);
          }
        },
      ),
    );
  });

  it('round to 8 bits without leaving the ball, in any norm', () => {
    fc.assert(
      fc.property(cases, ({ norm, epsilon, pixels }) => {
        const image = Float32Array.from(pixels, ([x]) => Math.round(x * 255) / 255);
        const point = Float32Array.from(pixels, ([, y]) => y);
        const threat = threatAround(image, norm, epsilon);
        threat.project(point);
        const rounded = roundToEightBit(image, point, threat);
        expect(threat.contains(rounded)).toBe(true);
        for (const value of rounded) expect(Math.abs(value * 255 - Math.round(value * 255))).toBeLessThan(1e-3);
      }),
    );
  });
});
