import { describe, expect, it } from 'vitest';
import autoattack from '../../attacks/autoattack.ts';
import type { HarnessOracle } from '../../src/collect/questions.ts';
import type { Norm } from '../../src/plugin/threat.ts';
import { affineModel, oracleOf } from '../support/analytic-model.ts';
import { noiseImages, runAttack } from '../support/attack-run.ts';
import { boundaryDistance } from './gradient/boundary-distance.ts';

const shape = { channels: 1, height: 8, width: 8 };

describe('AutoAttack', () => {
  // Of the authors' code: Auto-PGD asks at its start and after each of 100 steps (L1: in three balls), FAB asks a gradient of each
  // other class and a score at each of 100 steps, Square asks 5,000 scores. Each member's point is asked once more.
  it.each([
    ['standard', 'linf', 10, 101 + 9 * 101 + 9 * 100, 9 * 100 + 5000 + 4],
    ['standard', 'linf', 3, 101 + 2 * 101 + 2 * 100, 2 * 100 + 5000 + 4],
    ['standard', 'l2', 2, 101 + 101 + 100, 100 + 5000 + 4],
    ['standard', 'l1', 10, 5 * 103 + 5 * 103 + 9 * 100, 9 * 100 + 5000 + 4],
    ['plus', 'linf', 10, 5 * 101 + 5 * 101 + 5 * 100 * 9 + 9 * 101 + 9 * 100, 5 * 100 + 5000 + 9 * 100 + 6],
    ['plus', 'l2', 2, 5 * 101 + 5 * 101 + 5 * 100 + 101 + 100, 5 * 100 + 5000 + 100 + 6],
    ['rand', 'linf', 10, 2 * 20 * 101, 2],
    ['rand', 'l2', 2, 2 * 20 * 101, 2],
  ] as const)(
    '%s, %s, %i classes: spends the official budget on an image that stands',
    async (version, norm, classes, gradient, score) => {
      const model = affineModel(64, classes);
      const [{ row }] = await runAttack(
        { attack: autoattack, norm, epsilons: [1e-7], options: { version }, shape },
        noiseImages(model, 1),
        oracleOf(model),
      );
      expect(row).toMatchObject({ success: false, queries: { gradient, score, decision: 0 } });
    },
  );

  it.each(
    (['linf', 'l2', 'l1'] as const).flatMap((norm) => [2, 3, 10].map((classes): [Norm, number] => [norm, classes])),
  )('%s, %i classes: stops at the first success, which comes just beyond the exact distance', async (norm, classes) => {
    const model = affineModel(64, classes);
    for (const image of noiseImages(model, 3)) {
      const exact = boundaryDistance(model, image, norm);
      const [far] = await runAttack(
        { attack: autoattack, norm, epsilons: [4 * exact], shape },
        [image],
        oracleOf(model),
      );
      expect(far.row).toMatchObject({ success: true, queries: { score: 1 } });
      const [near] = await runAttack(
        { attack: autoattack, norm, epsilons: [1.01 * exact], shape },
        [image],
        oracleOf(model),
      );
      expect(near.row.success).toBe(true);
    }
  });

  it('reaches a given target', async () => {
    const model = affineModel(64, 4);
    const [image] = noiseImages(model, 1);
    const [{ row }] = await runAttack(
      { attack: autoattack, norm: 'linf', epsilons: [0.5], target: 'least-likely', shape },
      [image],
      oracleOf(model),
    );
    const logits = model.logits(image.image);
    expect(row).toMatchObject({ success: true, prediction: logits.indexOf(Math.min(...logits)) });
  });

  it('breaks a model whose gradients are all zero by the member that asks for none', async () => {
    const model = affineModel(64, 3);
    const inner = oracleOf(model);
    const masked: HarnessOracle = async (questions) =>
      (await inner(questions)).map((answer) =>
        'gradients' in answer
          ? { ...answer, gradients: answer.gradients.map((g) => new Float32Array(g.length)) }
          : answer,
      );
    for (const image of noiseImages(model, 3)) {
      const exact = boundaryDistance(model, image, 'linf');
      const [{ row }] = await runAttack(
        { attack: autoattack, norm: 'linf', epsilons: [2 * exact], shape },
        [image],
        masked,
      );
      expect(row.success).toBe(true);
    }
  });
});
