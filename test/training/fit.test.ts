/** The loop of training on the demo's drawings: it learns, and no bit of it depends on the threads that do it. */
import { describe, expect, test } from 'vitest';
import { begin } from '../../src/training/begin.ts';
import { trained, trainingPlan } from '../support/training-run.ts';

describe('training', () => {
  test('learns', async () => {
    const { curves, best } = await trained({ epochs: 10 });
    expect(curves).toHaveLength(10);
    expect(curves[9].trainLoss).toBeLessThan(0.8 * curves[0].trainLoss);
    expect(Math.max(...curves.map(({ cleanAccuracy }) => cleanAccuracy))).toBeGreaterThan(0.6);
    for (const { cleanAccuracy, robustAccuracy, groups } of curves) {
      expect(robustAccuracy).toBeLessThanOrEqual(cleanAccuracy);
      expect(groups.reduce((sum, { total }) => sum + total, 0)).toBe(36);
    }
    const highest = Math.max(...curves.map(({ cleanAccuracy }) => cleanAccuracy));
    expect(curves[best?.epoch ?? -1].cleanAccuracy).toBe(highest);
  });

  test('one worker or two, one thread or two: the same weights to the last bit', async () => {
    const objective = {
      name: 'pgd-at',
      options: { epsilon: 4 / 255, norm: 'linf', steps: 2, 'relative-step': 0.5 },
    };
    const change = { objective, epochs: 1 };
    const [one, ...others] = [
      await trained(change),
      await trained({ ...change, engine: { workers: 2 } }),
      await trained({ ...change, engine: { workers: 1, threads: 2 } }),
    ];
    for (const other of others) {
      expect(other.weights).toEqual(one.weights);
      expect(other.statistics).toEqual(one.statistics);
      expect(other.curves).toEqual(one.curves);
    }
    expect(one.weights).not.toEqual((await trained({ ...change, seed: 2 })).weights);
  });

  test('a rate that is far too large ends with a sentence', async () => {
    await expect(trained({ learningRate: 1e30 })).rejects.toThrow(/diverged in epoch 1, step \d+/);
  });

  test('fewer images than a batch are refused', async () => {
    await expect(begin(trainingPlan({ batchSize: 256 }))).rejects.toThrow(/hold 144 images .* takes 256/);
  });
});
