import { describe, expect, it } from 'vitest';
import apgd from '../../../attacks/gradient/apgd.ts';
import type { HarnessOracle, HarnessQuestion } from '../../../src/collect/questions.ts';
import type { GradientQuestion } from '../../../src/plugin/questions.ts';
import type { Norm } from '../../../src/plugin/threat.ts';
import { affineModel, oracleOf, radialModel } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';
import { boundaryDistance } from './boundary-distance.ts';

const shape = { channels: 3, height: 32, width: 32 };
const DIMENSIONS = 3072;

const asked = (seen: HarnessQuestion[]) =>
  seen.filter((question): question is GradientQuestion => question.ask === 'gradient');

describe('Auto-PGD', () => {
  it.each(
    (['linf', 'l2', 'l1'] as const).flatMap(
      (norm) =>
        [
          [norm, 2, 'cross-entropy', 0],
          [norm, 10, 'dlr', 9],
          [norm, 3, 'margin', 2],
        ] as [Norm, number, string, number][],
    ),
  )(
    '%s, %i classes, %s with %i targets: breaks an affine model just beyond the exact distance and not before',
    async (norm, classes, loss, targets) => {
      const model = affineModel(DIMENSIONS, classes);
      for (const image of noiseImages(model, 2, 0, 1)) {
        const exact = boundaryDistance(model, image, norm);
        const options = { loss, targets, restarts: 1 };
        const results = await runAttack(
          { attack: apgd, norm, epsilons: [0.999 * exact, 1.01 * exact], options, shape },
          [image],
          oracleOf(model),
        );
        expect(results.map(({ row }) => row.success)).toEqual([false, true]);
        expect(results.map(({ row }) => row.violation)).toEqual([undefined, undefined]);
      }
    },
  );

  it.each(['linf', 'l2', 'l1'] as const)('%s: reaches a given target at its own distance', async (norm) => {
    const model = affineModel(DIMENSIONS, 4);
    const [image] = noiseImages(model, 1, 0, 1);
    const target = [...model.logits(image.image).keys()].toSorted(
      (a, b) => model.logits(image.image)[a] - model.logits(image.image)[b],
    )[0];
    // Another class may stand in between, so the distance to its hyperplane is a lower bound only.
    const bound = boundaryDistance(model, image, norm, target);
    const [below, above] = await runAttack(
      {
        attack: apgd,
        norm,
        epsilons: [0.999 * bound, 2 * bound],
        options: { restarts: 1 },
        target: 'least-likely',
        shape,
      },
      [image],
      oracleOf(model),
    );
    expect(below.row.success).toBe(false);
    expect(above.row).toMatchObject({ success: true, prediction: target });
  });

  it('leaves a sphere around the centre where its radius allows', async () => {
    const centre = new Float32Array(DIMENSIONS).fill(0.5);
    const image = new Float32Array(DIMENSIONS).fill(0.5 + 0.25 / Math.sqrt(DIMENSIONS));
    const results = await runAttack(
      { attack: apgd, norm: 'l2', epsilons: [1.74, 1.76], options: { restarts: 1 }, shape },
      [{ id: 'near the centre', label: 0, image }],
      oracleOf(radialModel(centre, 2)),
    );
    expect(results.map(({ row }) => row.success)).toEqual([false, true]);
  });

  it('goes back to the best point after 22, 41, 57, 70, 80, 87, 93 and 99 of 100 steps when the loss only falls', async () => {
    const path: number[] = [];
    const scores = Float32Array.of(1, 0);
    const falling: HarnessOracle = async (questions) =>
      questions.map((question) => {
        if (question.ask !== 'gradient') return { scores: question.points.map(() => scores) };
        path.push(question.point[0]);
        return { scores, losses: [-path.length], gradients: [new Float32Array(4).fill(1)] };
      });
    const image = { id: 'grey', label: 0, image: new Float32Array(4).fill(0.5) };
    const one = { channels: 1, height: 2, width: 2 };
    await runAttack(
      { attack: apgd, norm: 'linf', epsilons: [0.1], options: { restarts: 1 }, shape: one },
      [image],
      falling,
    );
    expect(path).toHaveLength(101);
    // Every step ascends, so only going back lowers the point.
    const fallsAfter = [...path.keys()].filter((step) => path[step + 1] < path[step]);
    expect(fallsAfter).toEqual([22, 41, 57, 70, 80, 87, 93, 99]);
  });

  it('aims at the likeliest other classes in turn, and asks one gradient per step and sample', async () => {
    const model = affineModel(DIMENSIONS, 5);
    const seen: HarnessQuestion[] = [];
    const [image] = noiseImages(model, 1);
    const options = { restarts: 1, iterations: 3, loss: 'dlr', targets: 9, 'gradient-samples': 2 };
    const [{ row }] = await runAttack(
      { attack: apgd, norm: 'linf', epsilons: [1e-7], options, shape },
      [image],
      oracleOf(model, {}, (question) => seen.push(question)),
    );
    const logits = model.logits(image.image);
    const likeliest = [...logits.keys()].filter((k) => k !== image.label).toSorted((a, b) => logits[b] - logits[a]);
    const targets = asked(seen).map(({ losses }) => losses.map(({ goal }) => goal.kind === 'reach' && goal.target));
    expect(targets).toEqual(likeliest.flatMap((target) => Array.from({ length: 4 }, () => [target, target])));
    expect(row.queries).toEqual({ gradient: 4 * 4 * 2, score: 0, decision: 0 });
  });
});
