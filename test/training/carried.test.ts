/** What objectives carry from step to step and from epoch to epoch: it survives a checkpoint, obeys its paper, and is checked beforehand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { begin } from '../../src/training/begin.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/training/checkpoint.ts';
import { fit } from '../../src/training/fit.ts';
import { demo } from '../fixtures/demo.ts';
import { brief, objective, trained, trainingPlan } from '../support/training-run.ts';

describe('stopped amid an epoch and resumed: the same weights to the last bit', () => {
  test.each<[string, Record<string, unknown>]>([
    ['free', { epsilon: '4/255', replays: 3 }],
    ['group-reweighted', { column: 'age_group', rate: 0.5 }],
  ])('%s', async (name, options) => {
    const change = { ...brief, epochs: 2, objective: await objective(name, options) };
    const whole = await trained(change);
    const folder = mkdtempSync(join(tmpdir(), 'proofhouse-test-'));
    const stop = new AbortController();
    const first = await begin(trainingPlan(change));
    const stopped = fit(first.fit, first.start, {
      // Three steps on: in the second epoch, or between two replays of a batch.
      checkpoint: async (state) => {
        if (state.position.updates < 3) return;
        await writeCheckpoint(folder, {}, state);
        stop.abort();
      },
      signal: stop.signal,
    });
    await expect(stopped).rejects.toThrow();
    await first.fit.team.close();
    const second = await begin(trainingPlan(change));
    const state = await readCheckpoint(folder, {});
    expect(state?.position.updates).toBe(3);
    const resumed = await fit(second.fit, state ?? second.start, { checkpoint: () => Promise.resolve() });
    await second.fit.team.close();
    rmSync(folder, { recursive: true });
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.carried).toEqual(whole.carried);
    expect(resumed.curves).toEqual(whole.curves);
  });
});

describe('free adversarial training', () => {
  test('takes so many steps on each batch, and its perturbations stay in their ball', async () => {
    const { position, carried } = await trained({
      ...brief,
      objective: await objective('free', { epsilon: 0.03, replays: 3 }),
    });
    expect(position.updates).toBe(6);
    const sizes = [...(carried.perturbations ?? [])].map(Math.abs);
    expect(sizes).toHaveLength(64 * 3 * 12 * 12);
    expect(Math.max(...sizes)).toBe(Math.fround(0.03));
  });
});

describe('the guard of fast training', () => {
  test('fires on a schedule made to overfit catastrophically; the checkpoint that is kept is from before', async () => {
    const { curves, best } = await trained({
      data: { ...trainingPlan().data, manifest: join(demo, 'portraits.csv') },
      epochs: 100,
      batchSize: 16,
      // Steps across the whole ball, a large ε, and a rate that never falls; nothing that would keep the network from learning them by heart.
      objective: await objective('fast', { epsilon: '32/255', 'relative-step': 2 }),
      schedule: { name: 'constant', warmup: 0 },
      augmentation: { flip: false, crop: 0 },
      optimizer: { name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0 },
      heldOut: 0.3,
      selection: { attack: { attack: 'pgd', norm: 'linf', epsilon: 32 / 255, options: { steps: 10 } } },
    });
    expect(curves.length).toBeLessThan(100);
    const last = curves[curves.length - 1];
    const peak = Math.max(...curves.map(({ robustAccuracy }) => robustAccuracy));
    expect(last.robustAccuracy).toBeLessThan(0.5 * peak);
    // Catastrophic overfitting and no general collapse: the single step and clean images show nothing of it.
    expect(last.trainAccuracy[0]).toBeGreaterThan(2 * last.robustAccuracy);
    expect(last.cleanAccuracy).toBeGreaterThan(2 * last.robustAccuracy);
    expect(curves[best?.epoch ?? -1].robustAccuracy).toBe(peak);
  });
});

describe('group-reweighted', () => {
  test('the record shows the weights, which sum to 1 and have moved apart', async () => {
    const { curves } = await trained({
      ...brief,
      epochs: 2,
      objective: await objective('group-reweighted', { column: 'age_group', by: 'subgroup-and-class', rate: 1 }),
    });
    const weights = curves[1].groupWeights ?? [];
    expect(weights.map(({ group }) => group)).toContain('younger · darker');
    expect(weights.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 6);
    expect(new Set(weights.map(({ weight }) => weight)).size).toBe(weights.length);
  });

  test('a column that the data do not have is refused, with those they have', async () => {
    const change = { objective: await objective('group-reweighted', { column: 'agegroup' }) };
    await expect(begin(trainingPlan(change))).rejects.toThrow(/"agegroup".*\n.*"age_group"/);
  });
});
