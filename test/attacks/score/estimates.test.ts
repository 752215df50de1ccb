import { describe, expect, it } from 'vitest';
import { gradientEstimator } from '../../../attacks/score/finite-differences.ts';
import nes from '../../../attacks/score/nes.ts';
import simba from '../../../attacks/score/simba.ts';
import spsa from '../../../attacks/score/spsa.ts';
import type { HarnessQuestion } from '../../../src/collect/questions.ts';
import type { AttackDefinition, AttackExample } from '../../../src/plugin/attack.ts';
import { inBox } from '../../../src/threat/box.ts';
import { affineModel, oracleOf } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';
import { cifarShape, exactDistance } from './block-model.ts';

describe('an attack on estimated gradients, on an affine model of 3,072 independent weights', () => {
  // The exact distance needs every weight's sign (L∞) or size (L2) right. SPSA draws 12,800 directions in all, about four for each
  // weight, NES 10,000 with ten steps' memory, and SimBA knows which way but not how far each coordinate should go.
  const cases: [string, 'linf' | 'l2', number, AttackDefinition, object][] = [
    ['spsa', 'linf', 1.4, spsa, {}],
    ['nes', 'linf', 1.7, nes, {}],
    ['nes', 'l2', 1.7, nes, {}],
    ['simba', 'l2', 1.6, simba, {}],
    ['simba in pixels', 'l2', 1.6, simba, { basis: 'pixel' }],
  ];
  it.each(cases)(
    'succeeds at a multiple of the exact distance (%s in %s, ×%d)',
    async (_, norm, factor, attack, options) => {
      const model = affineModel(3072, 2);
      for (const one of noiseImages(model, 1)) {
        const epsilons = [factor * exactDistance(model, one, norm)];
        const [{ row }] = await runAttack(
          { attack, norm, epsilons, options, shape: cifarShape },
          [one],
          oracleOf(model),
        );
        expect(row.success).toBe(true);
        expect(row.violation).toBeUndefined();
        expect(row.queries.gradient).toBe(0);
      }
    },
  );

  const costs: [string, number, AttackDefinition, object][] = [
    ['spsa', 10 * 20 * 2 + 11, spsa, { steps: 10, samples: 20 }],
    ['nes', 10 * 20 * 2 + 11, nes, { steps: 10, samples: 20 }],
    ['simba', 123, simba, { queries: 123 }],
  ];
  it.each(costs)('asks as often as it says, about images only (%s, %d)', async (_, queries, attack, options) => {
    const shape = { channels: 3, height: 4, width: 4 };
    const model = affineModel(48, 3);
    const seen = (question: HarnessQuestion) => {
      if (question.ask !== 'scores') return;
      for (const point of question.points) expect(inBox(point)).toBe(true);
    };
    const run = { attack, norm: attack.threats[0], epsilons: [1e-5], options, shape };
    for (const { row } of await runAttack(run, noiseImages(model, 3, 0, 1), oracleOf(model, {}, seen))) {
      expect(row.queries.score).toBe(queries);
    }
  });
});

describe('differences along directions', () => {
  it('give the slope of an affine model along each, exactly', () => {
    const dimensions = 20;
    const model = affineModel(dimensions, 2);
    const scoresOfAll: AttackExample['scoresOfAll'] = function* (points) {
      return points.map((point) => ({ scores: model.logits(point), achieved: false }));
    };
    const image = new Float32Array(dimensions).fill(0.5);
    let next = 0;
    const estimate = gradientEstimator(
      { image, goal: { kind: 'leave', classes: [0] }, scoresOfAll },
      { samples: dimensions, radius: 0.25 },
      (direction) => {
        direction.fill(0);
        direction[next++] = 1;
      },
    );
    const step = estimate(image).next();
    expect(step.done).toBe(true);
    // Each of the unit vectors is one of `dimensions` samples.
    const expected = Array.from(model.weights[1], (w, i) => (w - model.weights[0][i]) / dimensions);
    expect(Array.from(step.value as Float32Array)).toEqual(expected.map((value) => expect.closeTo(value, 5)));
  });
});
