/** JSMA on affine classifiers, where the fewest values to change are the steepest, and against a search of every pair. */
import { describe, expect, it } from 'vitest';
import jsma from '../../../attacks/gradient/jsma.ts';
import { createRandom } from '../../../src/random.ts';
import { type Affine, affineOf, oracleOf } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';
import { affineWithMargin, distanceOf, fewestChanges } from '../decision/exact.ts';

const shape = { channels: 3, height: 6, width: 7 };
const DIMENSIONS = 126;

function opposed(dimensions: number, margin: number): Affine {
  const random = createRandom(5, 'opposed weights');
  const row = Float64Array.from({ length: dimensions }, () => random.normal());
  return affineOf(
    [row, row.map((weight) => -weight)],
    [margin - row.reduce((a, b) => a + b, 0) / 2, row.reduce((a, b) => a + b, 0) / 2],
  );
}

describe('jsma', () => {
  it('changes the fewest values on two opposed logits', async () => {
    const model = opposed(3072, 100);
    const images = noiseImages(model, 3);
    const results = await runAttack(
      { attack: jsma, norm: 'l0', epsilons: [3072], shape: { channels: 3, height: 32, width: 32 } },
      images,
      oracleOf(model),
    );
    for (const [i, { row }] of results.entries()) {
      expect(row.success).toBe(true);
      const fewest = fewestChanges(model, images[i]);
      expect(distanceOf(row, 'l0')).toBe(fewest);
      expect(row.queries).toEqual({ gradient: 2 * (Math.ceil(fewest / 2) + 1), score: 0, decision: 2 });
    }
  });

  it('moves first the pair that the definition names, among all pairs', async () => {
    const model = affineWithMargin(DIMENSIONS, 4, 12);
    const images = noiseImages(model, 5);
    const asked: Float32Array[] = [];
    const oracle = oracleOf(model, {}, (question) => {
      if (question.ask === 'gradient') asked.push(question.point.slice());
    });
    for (const { id, image, label } of images) {
      asked.length = 0;
      await runAttack(
        { attack: jsma, norm: 'l0', epsilons: [DIMENSIONS], shape, options: { targets: 1 } },
        [{ id, image, label }],
        oracle,
      );
      const logits = model.logits(image);
      const target = [0, 1, 2, 3].filter((k) => k !== label).toSorted((a, b) => logits[b] - logits[a])[0];
      const changed = Array.from(image.keys()).filter((i) => asked[1][i] !== image[i]);
      expect(changed).toEqual(mostSalient(model, image, target));
    }
  });

  it('works where no pair lowers the other logits: a single logit against 0', async () => {
    const weights = [new Float64Array(DIMENSIONS), new Float64Array(DIMENSIONS).fill(1)];
    const model = affineOf(weights, [0, -0.7 * DIMENSIONS]);
    const images = noiseImages(model, 1);
    const [{ row }] = await runAttack(
      { attack: jsma, norm: 'l0', epsilons: [DIMENSIONS], shape },
      images,
      oracleOf(model),
    );
    expect(row.success).toBe(true);
    expect(distanceOf(row, 'l0')).toBe(fewestChanges(model, images[0]));
  });

  it('reaches a target', async () => {
    const model = affineWithMargin(DIMENSIONS, 4, 12);
    const results = await runAttack(
      { attack: jsma, norm: 'l0', epsilons: [DIMENSIONS], shape, target: 'random' },
      noiseImages(model, 5),
      oracleOf(model),
    );
    for (const { row } of results) expect(row.success).toBe(true);
  });
});

/** arg max −αβ over every pair of values and every way to saturate them. */
function mostSalient(model: Affine, image: Float32Array, target: number): number[] {
  let best: number[] = [];
  let greatest = 0;
  const effect = (i: number, way: number) => {
    let others = 0;
    for (let k = 0; k < model.classes; k++) if (k !== target) others += model.weights[k][i] * way;
    return { target: model.weights[target][i] * way, others };
  };
  for (let i = 0; i < image.length; i++) {
    for (let j = i + 1; j < image.length; j++) {
      for (const first of [-image[i], 1 - image[i]]) {
        for (const second of [-image[j], 1 - image[j]]) {
          const [p, q] = [effect(i, first), effect(j, second)];
          const alpha = p.target + q.target;
          const beta = p.others + q.others;
          if (alpha <= 0 || beta >= 0 || -alpha * beta <= greatest) continue;
          greatest = -alpha * beta;
          best = [i, j];
        }
      }
    }
  }
  return best;
}
