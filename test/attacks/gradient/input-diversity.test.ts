import fc from 'fast-check';
import { expect, it } from 'vitest';
import { randomWarp } from '../../../attacks/gradient/input-diversity.ts';
import { createRandom } from '../../../src/random.ts';

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);

it('carries gradients back by the transpose of what it does to images', () => {
  const shapes = fc.record({
    channels: fc.constantFrom(1, 3),
    height: fc.integer({ min: 1, max: 12 }),
    width: fc.integer({ min: 1, max: 12 }),
  });
  fc.assert(
    fc.property(shapes, fc.nat(), (shape, seed) => {
      const random = createRandom(seed);
      const noise = () =>
        Float32Array.from({ length: shape.channels * shape.height * shape.width }, () => random.normal());
      const [image, gradient] = [noise(), noise()];
      const warp = randomWarp(shape, 0.5, random);
      expect(dot(warp.apply(image), gradient)).toBeCloseTo(dot(image, warp.transpose(gradient)), 4);
    }),
  );
});

it('puts a white image on black, smaller by the drawn factor', () => {
  const shape = { channels: 1, height: 20, width: 10 };
  for (let seed = 0; seed < 20; seed++) {
    const shrunk = randomWarp(shape, 0.5, createRandom(seed)).apply(new Float32Array(200).fill(1));
    expect(shrunk.every((value) => value === 0 || Math.abs(value - 1) < 1e-6)).toBe(true);
    const white = shrunk.filter((value) => value > 0).length;
    expect(white).toBeGreaterThanOrEqual(50);
    expect(white).toBeLessThanOrEqual(200);
  }
});
