/** The loop of training on the demo's drawings: it learns, and no bit of it depends on the threads that do it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { begin } from '../../src/training/begin.ts';
import { fit } from '../../src/training/fit.ts';
import type { TrainingPlan } from '../../src/training/plan.ts';

const demo = fileURLToPath(new URL('../../fixtures/demo/', import.meta.url));

/** Every fourth portrait, to be told by the tone of its skin: something small networks learn in seconds. */
function manifest(): string {
  const [header, ...rows] = readFileSync(join(demo, 'portraits.csv'), 'utf8').trimEnd().split('\n');
  const path = join(mkdtempSync(join(tmpdir(), 'proofhouse-test-')), 'portraits.csv');
  writeFileSync(path, `${[header, ...rows.filter((_, index) => index % 4 === 0)].join('\n')}\n`);
  return path;
}
const portraits = manifest();
afterAll(() => rmSync(dirname(portraits), { recursive: true }));

const plan = (change: Partial<TrainingPlan> = {}): TrainingPlan => ({
  network: { family: 'small-cnn' },
  preprocessing: { mean: [0.5], std: [0.25], channels: 'rgb', layout: 'auto', range: [0, 1] },
  data: {
    manifest: portraits,
    root: demo,
    columns: { path: 'path', label: 'skin_tone', groups: ['age_group'] },
    classes: ['lighter', 'medium', 'darker'],
    resize: 'stretch',
    size: [24, 24],
  },
  heldOut: 0.2,
  objective: { name: 'standard', options: {} },
  epochs: 2,
  batchSize: 32,
  portion: 16,
  optimizer: { name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
  learningRate: 0.05,
  schedule: { name: 'cosine', warmup: 0 },
  labelSmoothing: 0,
  augmentation: { flip: true, crop: 2 },
  selection: { attack: { attack: 'pgd', norm: 'linf', epsilon: 2 / 255, options: { steps: 3 } } },
  engine: { workers: 1 },
  seed: 1,
  output: '',
  pluginFiles: [],
  ...change,
});

async function trained(change: Partial<TrainingPlan> = {}) {
  const { fit: run, start } = await begin(plan(change));
  const state = await fit(run, start, { checkpoint: () => Promise.resolve() });
  await run.team.close();
  return state;
}

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
    const highest = Math.max(...curves.map(({ robustAccuracy }) => robustAccuracy));
    expect(curves[best?.epoch ?? -1].robustAccuracy).toBe(highest);
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
    await expect(begin(plan({ batchSize: 256 }))).rejects.toThrow(/hold 144 images .* takes 256/);
  });
});
