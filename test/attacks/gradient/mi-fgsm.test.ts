import { describe, expect, it } from 'vitest';
import miFgsm from '../../../attacks/gradient/mi-fgsm.ts';
import { affineModel, affineOf, oracleOf } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';
import { boundaryDistance } from './boundary-distance.ts';

const shape = { channels: 3, height: 32, width: 32 };
const DIMENSIONS = 3072;

describe('momentum iterative FGSM', () => {
  // Two classes: one gradient direction everywhere, which none of these changes turns.
  it.each([
    ['plain', {}],
    ['without memory', { decay: 0 }],
    ['Nesterov', { nesterov: true }],
    ['scale copies', { 'scale-copies': 5 }],
    ['variance tuning', { 'variance-samples': 3 }],
    ['all three', { nesterov: true, 'scale-copies': 2, 'variance-samples': 2 }],
  ])('reaches the corner of the ball: %s', async (_name, options) => {
    const model = affineModel(DIMENSIONS, 2);
    for (const image of noiseImages(model, 3)) {
      const exact = boundaryDistance(model, image, 'linf');
      const results = await runAttack(
        { attack: miFgsm, norm: 'linf', epsilons: [0.999 * exact, 1.001 * exact], options, shape },
        [image],
        oracleOf(model),
      );
      expect(results.map(({ row }) => row.success)).toEqual([false, true]);
    }
  });

  it('reaches the boundary in L2, and a given target', async () => {
    const model = affineModel(DIMENSIONS, 2);
    const [image] = noiseImages(model, 1);
    const exact = boundaryDistance(model, image, 'l2');
    const [below, above] = await runAttack(
      { attack: miFgsm, norm: 'l2', epsilons: [0.999 * exact, 1.001 * exact], target: 'random', shape },
      [image],
      oracleOf(model),
    );
    expect([below.row.success, above.row.success]).toEqual([false, true]);
  });

  it('asks one gradient for each scale copy, at the point and at each neighbour', async () => {
    const model = affineModel(DIMENSIONS, 3);
    const options = { steps: 4, 'scale-copies': 2, 'variance-samples': 3 };
    const [{ row }] = await runAttack(
      { attack: miFgsm, norm: 'linf', epsilons: [1e-7], options, shape },
      noiseImages(model, 1),
      oracleOf(model),
    );
    expect(row.queries).toEqual({ gradient: 4 * 2 * (1 + 3), score: 1, decision: 0 });
  });

  it('smooths gradients by a kernel of the given side, within each channel', async () => {
    const weights = [new Float64Array(DIMENSIONS), new Float64Array(DIMENSIONS)];
    const [c, y, x] = [1, 10, 2];
    weights[1][(c * 32 + y) * 32 + x] = 1;
    const model = affineOf(weights, [1, 0]);
    const image = new Float32Array(DIMENSIONS).fill(0.5);
    const [{ point }] = await runAttack(
      {
        attack: miFgsm,
        norm: 'linf',
        epsilons: [0.1],
        options: { 'translation-kernel': 7, steps: 1, loss: 'margin' },
        shape,
      },
      [{ id: 'grey', label: 0, image }],
      oracleOf(model),
    );
    const moved = [...point.keys()].filter((i) => point[i] !== image[i]);
    const square = [...point.keys()].filter(
      (i) => Math.floor(i / 1024) === c && Math.abs((Math.floor(i / 32) % 32) - y) <= 3 && Math.abs((i % 32) - x) <= 3,
    );
    expect(moved).toEqual(square);
    expect(square).toHaveLength(7 * 6);
  });

  it('still fools a model through shrunk and padded images', async () => {
    const model = affineModel(DIMENSIONS, 2);
    const images = noiseImages(model, 6);
    const farthest = Math.max(...images.map((image) => boundaryDistance(model, image, 'linf')));
    const results = await runAttack(
      { attack: miFgsm, norm: 'linf', epsilons: [20 * farthest], options: { 'diversity-probability': 0.5 }, shape },
      images,
      oracleOf(model),
    );
    expect(results.every(({ row }) => row.success)).toBe(true);
  });
});
