/** The threat of one changed square: who is a member, what is nearest, against brute force over all squares. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageShape } from '../../src/plugin/attack.ts';
import { createRandom } from '../../src/random.ts';
import { roundToEightBit } from '../../src/threat/eight-bit.ts';
import { threatAround } from '../../src/threat/index.ts';

const shape: ImageShape = { channels: 2, height: 6, width: 9 };
const plane = shape.height * shape.width;
const noise = (key: number) => {
  const random = createRandom('patch threat', key);
  return Float32Array.from({ length: 2 * plane }, () => Math.round(255 * random.uniform()) / 255);
};
const image = noise(0);
const around = (side: number) => threatAround(image, 'patch', (side * side) / plane, shape);

/** Squared L2 distance to the nearest point that changes one square only: the least, over squares, of what is undone outside. */
function nearest(point: Float32Array, side: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let top = 0; top <= shape.height - side; top++)
    for (let left = 0; left <= shape.width - side; left++) {
      let outside = 0;
      for (let i = 0; i < point.length; i++) {
        const [x, y] = [i % shape.width, Math.floor(i / shape.width) % shape.height];
        const inside = x >= left && x < left + side && y >= top && y < top + side;
        if (!inside) outside += (point[i] - image[i]) ** 2;
      }
      least = Math.min(least, outside);
    }
  return least;
}

describe('the patch threat', () => {
  it('has the side that ε of the area allows', () => {
    const large: ImageShape = { channels: 3, height: 32, width: 32 };
    const sideAt = (epsilon: number) => threatAround(new Float32Array(3 * 1024), 'patch', epsilon, large).side;
    expect([25 / 1024, 24.9 / 1024, 0.05, 1, 0.0009].map(sideAt)).toEqual([5, 4, 7, 32, 0]);
    for (let side = 1; side <= 32; side++) expect(sideAt((side * side) / 1024)).toBe(side);
  });

  it('measures the smallest square around all that changed, in any channel', () => {
    const threat = around(3);
    const point = image.slice();
    expect(threat.distance(point)).toBe(0);
    point[2 * shape.width + 4] = 1 - point[2 * shape.width + 4] / 2;
    expect(threat.distance(point)).toBe(1 / plane);
    point[plane + 4 * shape.width + 5] = 0.123;
    expect(threat.distance(point)).toBe(9 / plane);
    expect(threat.contains(point)).toBe(true);
    expect(around(2).contains(point)).toBe(false);
    expect(
      around(2)
        .within(9 / plane)
        .contains(point),
    ).toBe(true);
    point[0] = 1.2;
    expect(threat.contains(point)).toBe(false);
  });

  it('projects onto the nearest member', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.nat(1000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (side, key, share) => {
          const other = noise(key + 1);
          const random = createRandom('which', key);
          const point = image.map((value, i) => (random.uniform() < share ? other[i] : value));
          const projected = point.slice();
          around(side).project(projected);
          expect(around(side).contains(projected)).toBe(true);
          const moved = projected.reduce((sum, value, i) => sum + (value - point[i]) ** 2, 0);
          expect(moved).toBeCloseTo(nearest(point, side), 9);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('draws members, which stay members as 8-bit images', () => {
    for (let key = 0; key < 20; key++) {
      const threat = around(1 + (key % 6));
      const point = threat.randomPoint(createRandom('draw', key));
      expect(threat.contains(point)).toBe(true);
      expect(threat.contains(roundToEightBit(image, point, threat))).toBe(true);
    }
  });
});
