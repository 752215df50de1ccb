import { describe, expect, it } from 'vitest';
import square from '../../../attacks/score/square.ts';
import { bump } from '../../../attacks/score/square-bumps.ts';
import type { HarnessQuestion } from '../../../src/collect/questions.ts';
import type { Norm } from '../../../src/plugin/threat.ts';
import { affineModel, oracleOf } from '../../support/analytic-model.ts';
import { noiseImages, runAttack } from '../../support/attack-run.ts';
import { blockModel, cifarShape, exactDistance } from './block-model.ts';

const norms = ['linf', 'l2', 'l1'] as const;

describe('Square on affine models of 3,072 dimensions', () => {
  // A window moves all its pixels alike, so what it can reach depends on how coarse the weights are. With weights equal in blocks of
  // 4×4 pixels windows shrink below a block, and the L∞ corner that is optimal can be met; a bump and its opposite half spend L2 and
  // L1 length where the weights do not help, whatever the number of queries.
  it.each<[Exclude<Norm, 'l0'>, number]>([
    ['linf', 1.3],
    ['l2', 3],
    ['l1', 3],
  ])('succeeds at a multiple of the exact distance, never below it (%s, ×%d)', async (norm, factor) => {
    const model = blockModel(4);
    for (const one of noiseImages(model, 4)) {
      const exact = exactDistance(model, one, norm);
      const judged = await runAttack(
        { attack: square, norm, epsilons: [0.999 * exact, factor * exact], shape: cifarShape },
        [one],
        oracleOf(model),
      );
      expect(judged.map(({ row }) => row.success)).toEqual([false, true]);
      for (const { row } of judged) expect(row.violation).toBeUndefined();
      expect(judged[0].row.queries).toEqual({ gradient: 0, score: 5000, decision: 0 });
    }
  });
});

describe('Square', () => {
  it.each([
    { channels: 3, height: 9, width: 14 },
    { channels: 1, height: 2, width: 5 },
    { channels: 1, height: 1, width: 12 },
    { channels: 2, height: 1, width: 1 },
  ])('takes images of any size: $channels×$height×$width', async (shape) => {
    const model = affineModel(shape.channels * shape.height * shape.width, 3);
    const images = noiseImages(model, 2, 0, 1);
    for (const norm of norms) {
      const run = { attack: square, norm, epsilons: [0.05], options: { queries: 60 }, shape };
      for (const { row } of await runAttack(run, images, oracleOf(model))) expect(row.violation).toBeUndefined();
    }
  });

  it('uses the whole ball, also where the box cuts it', async () => {
    const model = affineModel(48, 2);
    const images = noiseImages(model, 5, 0, 1);
    for (const [norm, epsilon] of [
      ['linf', 0.0009],
      ['l2', 0.004],
      ['l1', 0.011],
    ] as const) {
      const run = { attack: square, norm, epsilons: [epsilon], options: { queries: 20 }, shape: small };
      for (const { row } of await runAttack(run, images, oracleOf(model))) {
        if (!row.success) expect(row.distances?.[norm] ?? 0).toBeGreaterThan(epsilon * (1 - 1e-4));
      }
    }
  });

  it('gives equal rows whatever the batch, and every example its own windows', async () => {
    const model = affineModel(48, 3);
    const images = noiseImages(model, 6, 0, 1);
    for (const norm of norms) {
      const run = { attack: square, norm, epsilons: [0.02, 0.2], options: { queries: 100 }, shape: small };
      const alone = await runAttack({ ...run, batchSize: 1 }, images, oracleOf(model));
      expect(await runAttack({ ...run, batchSize: 5 }, images.toReversed(), oracleOf(model))).toEqual(alone);
    }
    const twins = ['a', 'b'].map((id) => ({ ...images[0], id }));
    const run = { attack: square, norm: 'linf', epsilons: [1e-4], options: { queries: 10 }, shape: small } as const;
    const [a, b] = await runAttack(run, twins, oracleOf(model));
    expect(a.point).not.toEqual(b.point);
  });

  it('asks in windows that reach the last row and column', async () => {
    const model = affineModel(48, 2);
    const touched = new Set<number>();
    let before = new Float32Array();
    const seen = (question: HarnessQuestion) => {
      if (question.ask !== 'scores') return;
      const [point] = question.points;
      for (const [i, value] of point.entries()) if (before[i] !== undefined && value !== before[i]) touched.add(i);
      before = point.slice();
    };
    const run = {
      attack: square,
      norm: 'linf',
      epsilons: [1e-5],
      options: { queries: 400, p: 0.1 },
      shape: small,
    } as const;
    await runAttack(run, noiseImages(model, 1), oracleOf(model, {}, seen));
    expect(touched.size).toBe(48);
  });

  it('reaches a target class', async () => {
    const model = affineModel(48, 4);
    const run = { attack: square, target: 'random', options: { queries: 2000 }, shape: small } as const;
    for (const [norm, epsilon] of [
      ['linf', 0.4],
      ['l2', 2.5],
    ] as const) {
      const judged = await runAttack({ ...run, norm, epsilons: [epsilon] }, noiseImages(model, 6), oracleOf(model));
      for (const { row } of judged) expect(row.success).toBe(true);
    }
  });
});

const small = { channels: 3, height: 4, width: 4 };

describe('the bump of L2 and L1', () => {
  it('is two pyramids of opposite sign whose heights are partial sums of 1/j², of norm 1', () => {
    // Side 3: one row above (centre at the second pixel), two below. Heights: 1 + 1/4 at the centre, 1/4 beside it.
    const raw = [1, 5, 1, -1, -1, -1, -1, -5, -1];
    const norm = Math.hypot(...raw);
    expect(Array.from(bump(3, 2))).toEqual(raw.map((value) => expect.closeTo(value / norm, 12)));
    // L1 uses 1/j⁴: 17/16 and 1/16.
    const l1 = [1, 17, 1, -1, -1, -1, -1, -17, -1];
    const sum = l1.reduce((total, value) => total + Math.abs(value), 0);
    expect(Array.from(bump(3, 1))).toEqual(l1.map((value) => expect.closeTo(value / sum, 12)));
  });
});
