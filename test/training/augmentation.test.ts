/** Augmentation: what each change may do to an image, the distribution of Mixup's shares, and that all of it hangs on the key alone. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/random.ts';
import { type AugmentationPlan, augment } from '../../src/training/augmentation/index.ts';
import { blended, blendOf, symmetricBeta } from '../../src/training/augmentation/mixup.ts';
import { portionLabels } from '../../src/training/labels.ts';

const shapes = fc.record({
  channels: fc.constantFrom(1, 3),
  height: fc.integer({ min: 2, max: 9 }),
  width: fc.integer({ min: 2, max: 9 }),
});
const pixels = (shape: { channels: number; height: number; width: number }, seed: number) => {
  const random = createRandom('pixels', seed);
  return Float32Array.from({ length: shape.channels * shape.height * shape.width }, () => random.uniform(0.01, 1));
};
const none: AugmentationPlan = { flip: false, crop: 0 };

describe('augmentation', () => {
  test('is decided by its key, stays in [0, 1] and leaves the image itself alone', () => {
    const plan = { flip: true, crop: 2, colourJitter: 0.8, cutout: 3 };
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, seed) => {
        const image = pixels(shape, seed);
        const before = image.slice();
        const once = augment(image, shape, plan, createRandom(seed));
        expect(augment(image, shape, plan, createRandom(seed))).toEqual(once);
        expect(image).toEqual(before);
        for (const value of once) expect(value >= 0 && value <= 1).toBe(true);
      }),
    );
  });

  test('nothing asked for changes nothing', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, seed) => {
        const image = pixels(shape, seed);
        expect(augment(image, shape, none, createRandom(seed))).toEqual(image);
        expect(augment(image, shape, { ...none, colourJitter: 0 }, createRandom(seed)).map(Math.fround)).toSatisfy(
          (same: Float32Array) => same.every((value, i) => Math.abs(value - image[i]) < 1e-6),
        );
      }),
    );
  });

  test('a flip mirrors every row, in about half of the images', () => {
    const shape = { channels: 3, height: 4, width: 5 };
    const image = pixels(shape, 0);
    const mirrored = image.map((_, i) => image[i - (i % 5) + 4 - (i % 5)]);
    const flips = Array.from({ length: 1000 }, (_, key) => {
      const changed = augment(image, shape, { flip: true, crop: 0 }, createRandom(key));
      const flipped = changed[0] === mirrored[0];
      expect(changed).toEqual(flipped ? mirrored : image);
      return flipped;
    }).filter(Boolean).length;
    // Five standard deviations of a fair coin.
    expect(Math.abs(flips - 500)).toBeLessThan(80);
  });

  test('a crop is a window of the padded image', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 3 }), fc.nat(), (shape, crop, seed) => {
        const { channels, height, width } = shape;
        const image = pixels(shape, seed);
        const padded = (channel: number, row: number, column: number) =>
          row < 0 || column < 0 || row >= height || column >= width
            ? 0
            : image[(channel * height + row) * width + column];
        const offsets = Array.from({ length: 2 * crop + 1 }, (_, i) => i - crop);
        const windows = offsets.flatMap((down) =>
          offsets.map((right) =>
            Array.from({ length: channels * height * width }, (_, i) => {
              const [channel, row] = [Math.floor(i / (height * width)), Math.floor(i / width) % height];
              return padded(channel, row + down, (i % width) + right);
            }),
          ),
        );
        expect(windows).toContainEqual([...augment(image, shape, { flip: false, crop }, createRandom(seed))]);
      }),
      { numRuns: 40 },
    );
  });

  test('Cutout greys one square, of which some may lie outside; asking for it moves no flip', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 6 }), fc.nat(), (shape, cutout, seed) => {
        const { channels, height, width } = shape;
        const image = pixels(shape, seed);
        const without = augment(image, shape, { flip: true, crop: 1 }, createRandom(seed));
        const changed = augment(image, shape, { flip: true, crop: 1, cutout }, createRandom(seed));
        const places = [...changed.keys()].filter((i) => changed[i] !== without[i]);
        const rows = new Set(places.map((i) => Math.floor(i / width) % height));
        const columns = new Set(places.map((i) => i % width));
        expect(rows.size).toBeLessThanOrEqual(cutout);
        expect(columns.size).toBeLessThanOrEqual(cutout);
        expect(places).toHaveLength(channels * rows.size * columns.size);
        expect(rows.size).toBeGreaterThan(0);
        for (const i of places) expect(changed[i]).toBe(0.5);
      }),
    );
  });

  test('colour jitter moves colours alone: equal pixels stay equal, and grey stays grey', () => {
    const shape = { channels: 3, height: 2, width: 2 };
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0.01, max: 1, noNaN: true }), (seed, colourJitter) => {
        const image = Float32Array.from([0.2, 0.5, 0.2, 0.9, 0.2, 0.1, 0.2, 0.9, 0.2, 0.7, 0.2, 0.9]);
        const changed = augment(image, shape, { ...none, colourJitter }, createRandom(seed));
        const pixel = (i: number) => [changed[i], changed[4 + i], changed[8 + i]];
        expect(pixel(0)).toEqual(pixel(2));
        for (const grey of [0, 3]) for (const value of pixel(grey)) expect(value).toBeCloseTo(changed[grey], 5);
      }),
    );
  });

  test('colour jitter by hand', () => {
    // Factors drawn in the order brightness, contrast, saturation; one red and one black pixel.
    const random = createRandom('jitter').fork('colour jitter');
    const [b, c, s] = [0, 1, 2].map(() => random.uniform(0.9, 1.1));
    const red = 0.5 * b;
    const mean = (0.299 * red) / 2;
    const contrasted = [red, 0, 0].map((value) => Math.max(0, mean + c * (value - mean)));
    const grey = 0.299 * contrasted[0] + 0.587 * contrasted[1] + 0.114 * contrasted[2];
    const expected = contrasted.map((value) => Math.max(0, grey + s * (value - grey)));
    const image = Float32Array.from([0.5, 0, 0, 0, 0, 0]);
    const shape = { channels: 3, height: 1, width: 2 };
    const changed = augment(image, shape, { ...none, colourJitter: 0.1 }, createRandom('jitter'));
    for (const [channel, value] of expected.entries()) expect(changed[2 * channel]).toBeCloseTo(value, 6);
  });
});

describe('Mixup', () => {
  test.each([0.2, 1, 3])('shares follow Beta(%s, α): mean ½, variance 1 / (4 (2α + 1))', (alpha) => {
    const random = createRandom('beta', alpha);
    const draws = Array.from({ length: 20000 }, () => symmetricBeta(alpha, random));
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
    expect(mean).toBeCloseTo(0.5, 1.8);
    expect(variance).toBeCloseTo(1 / (4 * (2 * alpha + 1)), 2);
    for (const value of draws) expect(value >= 0 && value <= 1).toBe(true);
  });

  test('images and labels are blended alike', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }), fc.nat(), (labels, seed) => {
        const blends = labels.map((_, row) => blendOf(0.5, labels.length, createRandom(seed, row)));
        const smoothing = 0.1;
        const { distributions, leading } = portionLabels(labels, blends, 4, smoothing);
        for (const [row, { partner, share }] of blends.entries()) {
          const own = new Float32Array(4);
          own[labels[row]] = 1;
          const other = new Float32Array(4);
          other[labels[partner]] = 1;
          const expected = blended(own, other, share).map((value) => (1 - smoothing) * value + smoothing / 4);
          for (const [k, value] of expected.entries()) expect(distributions[4 * row + k]).toBeCloseTo(value, 6);
          expect(expected[leading[row]]).toBeCloseTo(Math.max(...expected), 6);
        }
      }),
    );
  });
});
