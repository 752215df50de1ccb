import { describe, expect, it } from 'vitest';
import { blur } from '../../../attacks/none/blur.ts';
import contrast from '../../../attacks/none/contrast.ts';
import gaussianBlur from '../../../attacks/none/gaussian-blur.ts';
import inversion from '../../../attacks/none/inversion.ts';
import { affineModel, affineOf, oracleOf } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';

const shape = { channels: 3, height: 8, width: 8 };
const norms = ['linf', 'l2', 'l1'] as const;

describe('the weakest strength on an affine model, where the margin is affine along a line', () => {
  const model = affineModel(192, 2);
  const images = noiseImages(model, 6, 0, 1);
  const margin = (image: Float32Array, label: number) => {
    const logits = model.logits(image);
    return logits[label] - logits[1 - label];
  };
  /** Length of the way from the image to mid-grey. */
  const toGrey = (image: Float32Array, norm: (typeof norms)[number]) => {
    const sizes = Array.from(image, (value) => Math.abs(value - 0.5));
    if (norm === 'linf') return Math.max(...sizes);
    return norm === 'l2' ? Math.hypot(...sizes) : sizes.reduce((sum, size) => sum + size, 0);
  };

  it.each(norms)('inversion crosses half-way to the negative, at mid-grey (%s)', async (norm) => {
    const run = { attack: inversion, norm, epsilons: [1000], shape };
    for (const [i, { row }] of (await runAttack(run, images, oracleOf(model))).entries()) {
      expect(row.success).toBe(true);
      const distance = row.distances?.[norm] ?? 0;
      expect(distance / toGrey(images[i].image, norm)).toBeGreaterThan(1 - 1e-5);
      expect(distance / toGrey(images[i].image, norm)).toBeLessThan(1 + 1e-5);
    }
  });

  it.each(norms)('contrast crosses where mid-grey outweighs the rest of the image (%s)', async (norm) => {
    for (const { id, label, image } of images) {
      // Mid-grey is on the other side by half the image's own margin: two thirds of the way.
      const inside = margin(image, label);
      const shifted = affineOf(
        model.weights,
        model.biases.map((bias, k) => bias - (k === label ? inside / 3 : 0)),
      );
      const run = { attack: contrast, norm, epsilons: [1000], shape };
      const [{ row }] = await runAttack(run, [{ id, label, image }], oracleOf(shifted));
      expect(row.success).toBe(true);
      // (1 − t)·m = m / 3 at t = 2/3.
      expect(row.distances?.[norm] ?? 0).toBeCloseTo((2 / 3) * toGrey(image, norm), 4);
      expect(row.queries).toEqual({ gradient: 0, score: 0, decision: 72 + 14 });
    }
  });

  it('returns the clean image where no strength does', async () => {
    const constant = affineOf([new Float64Array(192), new Float64Array(192)], [1, 0]);
    for (const attack of [contrast, inversion, gaussianBlur]) {
      const run = { attack, norm: 'l2', epsilons: [1000], shape } as const;
      const [{ row, point }] = await runAttack(run, [{ ...images[0], label: 0 }], oracleOf(constant));
      expect(row).toMatchObject({ success: false, queries: { decision: 100 } });
      expect(point).toEqual(images[0].image);
    }
  });
});

describe('Gaussian blur', () => {
  it('damps each cosine of the mirrored image by its share of the kernel', () => {
    // Mirrored at half a pixel, cos(π(x + ½)u/w) is an eigenvector with eigenvalue Σ k(j)·cos(πuj/w).
    const size = { channels: 2, height: 5, width: 9 };
    const [u, v, sigma] = [2, 3, 1.3];
    const wave = (index: number, frequency: number, length: number) =>
      Math.cos((Math.PI * (index + 0.5) * frequency) / length);
    const image = new Float32Array(90);
    for (let i = 0; i < 90; i++) {
      image[i] = 0.5 + 0.4 * wave(Math.floor((i % 45) / 9), u, 5) * wave(i % 9, v, 9);
    }
    const factor = (frequency: number, length: number) => {
      let sum = 0;
      let total = 0;
      for (let j = -5; j <= 5; j++) {
        const weight = Math.exp((-j * j) / (2 * sigma * sigma));
        sum += weight * Math.cos((Math.PI * frequency * j) / length);
        total += weight;
      }
      return sum / total;
    };
    const expected = Array.from(image, (value) => 0.5 + (value - 0.5) * factor(u, 5) * factor(v, 9));
    expect(Array.from(blur(image, size, sigma))).toEqual(expected.map((value) => expect.closeTo(value, 6)));
  });

  it('moves a threshold on a pixel of a single bright point: the least σ is where the peak has fallen to it', async () => {
    // A point of light in 31×31 pixels keeps k(0)² of its brightness, k(0) ≈ 1/(σ√2π) once σ is above a pixel: 1/16 at σ = 1.5958.
    const side = 31;
    const centre = (side * side - 1) / 2;
    const image = new Float32Array(side * side);
    image[centre] = 1;
    const weights = new Float64Array(side * side);
    weights[centre] = 1;
    const model = affineOf([weights, new Float64Array(side * side)], [0, 1 / 16]);
    const run = {
      attack: gaussianBlur,
      norm: 'linf',
      epsilons: [1],
      shape: { channels: 1, height: side, width: side },
    } as const;
    const [{ row, point }] = await runAttack(run, [{ id: 'point', label: 0, image }], oracleOf(model));
    expect(row.success).toBe(true);
    expect(point[centre]).toBeCloseTo(1 / 16, 4);
    const neighbour = Math.exp(-1 / (2 * (4 / Math.sqrt(2 * Math.PI)) ** 2)) / 16;
    expect(point[centre + 1]).toBeCloseTo(neighbour, 4);
  });
});
