/** One patch for all images: its gradient as the adjoint of sticking it on, and linear models, whose best patch has a closed form. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import patch from '../../../attacks/dataset/patch.ts';
import { addPatchGradient, placed, randomPlacement } from '../../../attacks/dataset/placement.ts';
import { InputError } from '../../../src/errors.ts';
import { defineAttack, z } from '../../../src/plugin/index.ts';
import { createRandom } from '../../../src/random.ts';
import { threatAround } from '../../../src/threat/index.ts';
import { affineModel, affineOf, oracleOf } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';

const shape = { channels: 2, height: 8, width: 9 };
const plane = 72;
const values = (length: number, key: number, low = 0) => {
  const random = createRandom('patch test', key);
  return Float32Array.from({ length }, () => random.uniform(low, 1));
};

describe('sticking a patch on', () => {
  it('copies it pixel by pixel where it is neither turned nor shrunk', () => {
    const image = values(2 * plane, 1);
    const square = values(2 * 9, 2);
    const shown = placed(image, square, 3, shape, { top: 2, left: 4, radians: 0, scale: 1 });
    for (let i = 0; i < image.length; i++) {
      const [x, y, c] = [i % 9, Math.floor(i / 9) % 8, Math.floor(i / plane)];
      const inside = x >= 4 && x < 7 && y >= 2 && y < 5;
      expect(shown[i]).toBe(inside ? square[c * 9 + (y - 2) * 3 + x - 4] : image[i]);
    }
  });

  it('turns it by a quarter, and shrinks it about its middle', () => {
    const image = new Float32Array(2 * plane);
    const square = values(2 * 9, 3, 0.1);
    const turned = placed(image, square, 3, shape, { top: 0, left: 0, radians: Math.PI / 2, scale: 1 });
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 3; x++) expect(turned[y * 9 + x]).toBeCloseTo(square[(2 - x) * 3 + y], 6);
    const small = placed(image, square, 3, shape, { top: 0, left: 0, radians: 0, scale: 0.34 });
    expect(small.filter((value) => value > 0)).toHaveLength(2);
    expect(small[10]).toBeCloseTo(square[4], 6);
  });

  it('changes no pixel outside its square, and has for gradient the adjoint of what it shows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(1000), (side, key) => {
        const image = values(2 * plane, key);
        const square = values(2 * side * side, key + 1);
        const placement = randomPlacement(side, shape, { rotation: 180, scale: 0.3 }, createRandom(key));
        const shown = placed(image, square, side, shape, placement);
        expect(threatAround(image, 'patch', (side * side) / plane, shape).contains(shown)).toBe(true);
        const gradient = values(2 * plane, key + 2, -1);
        const sum = new Float32Array(square.length);
        addPatchGradient(sum, gradient, side, shape, placement);
        // Linear in the patch: the change from a black one is the product with the gradient.
        const black = placed(image, new Float32Array(square.length), side, shape, placement);
        const change = shown.reduce((total, value, i) => total + gradient[i] * (value - black[i]), 0);
        expect(sum.reduce((total, slope, i) => total + slope * square[i], 0)).toBeCloseTo(change, 4);
      }),
    );
  });
});

const grey = { channels: 1, height: 8, width: 8 };
const options = { steps: 150, batch: 16 };

describe('a patch against one class of a linear model', () => {
  const model = affineModel(64, 2, 5);
  const normal = model.weights[1].map((w, i) => w - model.weights[0][i]);
  const images = noiseImages(model, 60).filter(({ label }) => label === 0);

  it('that covers the image is white where the weight is positive and black elsewhere', async () => {
    const results = await runAttack(
      { attack: patch, norm: 'patch', epsilons: [1], options, shape: grey },
      images,
      oracleOf(model),
    );
    for (const { row, point } of results) {
      expect(Array.from(point)).toEqual(Array.from(normal, (w) => +(w > 0)));
      expect(row).toMatchObject({ success: true, survives8bit: true });
      expect(row.violation).toBeUndefined();
    }
  });

  it('that may lie in four places is white where the mean weight over them is positive', async () => {
    const results = await runAttack(
      { attack: patch, norm: 'patch', epsilons: [49 / 64], options, shape: grey },
      images,
      oracleOf(model),
    );
    const mean = (y: number, x: number) =>
      (normal[y * 8 + x] + normal[y * 8 + x + 1] + normal[(y + 1) * 8 + x] + normal[(y + 1) * 8 + x + 1]) / 4;
    const places = new Set<string>();
    for (const { row, point } of results) {
      const { image } = images.find(({ id }) => id === row.example) as (typeof images)[number];
      const [top, left] = [+(point[4] === image[4]), +(point[32] === image[32])];
      places.add(`${top} ${left}`);
      for (let y = 0; y < 7; y++)
        for (let x = 0; x < 7; x++)
          if (Math.abs(mean(y, x)) > 0.2) expect(point[(top + y) * 8 + left + x]).toBe(+(mean(y, x) > 0));
      expect(threatAround(image, 'patch', 49 / 64, grey).distance(point)).toBe(49 / 64);
    }
    expect(places.size).toBe(4);
  });

  it('is refused where ε is less than one pixel', async () => {
    const failure = runAttack(
      { attack: patch, norm: 'patch', epsilons: [0.01], options, shape: grey },
      images,
      oracleOf(model),
    );
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow('Use 1/64 or more.');
  });
});

describe('any attack within a patch', () => {
  it('that changes more than one square is brought back to the square it changed most', async () => {
    const model = affineOf([new Float64Array(64), new Float64Array(64).fill(1)], [33, 0]);
    const careless = defineAttack({
      name: 'careless',
      title: 'Whitens everything, one corner most',
      reference: 'none',
      access: 'none',
      threats: [],
      families: ['patch'],
      options: z.strictObject({}),
      *attack({ image }) {
        return image.map((value, i) => (i % 8 < 2 && i < 16 ? 1 : value + 0.01));
      },
    });
    const [{ row, point }] = await runAttack(
      { attack: careless, norm: 'patch', epsilons: [4 / 64], shape: grey },
      [{ id: 'grey', label: 0, image: new Float32Array(64).fill(0.5) }],
      oracleOf(model),
    );
    expect(row.violation).toBeCloseTo(0.01, 5);
    expect(Array.from(point)).toEqual(Array.from({ length: 64 }, (_, i) => (i % 8 < 2 && i < 16 ? 1 : 0.5)));
  });
});
