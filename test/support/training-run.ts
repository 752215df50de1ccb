/** Training runs on the demo's portraits, small enough for a test. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { loadPlugins } from '../../src/plugins.ts';
import { begin } from '../../src/training/begin.ts';
import { fit } from '../../src/training/fit.ts';
import type { TrainingPlan } from '../../src/training/plan.ts';
import { demo } from '../fixtures/demo.ts';

/** Every fourth portrait, to be told by the tone of its skin: something small networks learn in seconds. */
function manifest(): string {
  const [header, ...rows] = readFileSync(join(demo, 'portraits.csv'), 'utf8').trimEnd().split('\n');
  const path = join(mkdtempSync(join(tmpdir(), 'proofhouse-test-')), 'portraits.csv');
  writeFileSync(path, `${[header, ...rows.filter((_, index) => index % 4 === 0)].join('\n')}\n`);
  return path;
}
export const portraits = manifest();
afterAll(() => rmSync(dirname(portraits), { recursive: true }));

export const trainingPlan = (change: Partial<TrainingPlan> = {}): TrainingPlan => ({
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

export async function trained(change: Partial<TrainingPlan> = {}) {
  const { fit: run, start } = await begin(trainingPlan(change));
  const state = await fit(run, start, { checkpoint: () => Promise.resolve() });
  await run.team.close();
  return state;
}

/** Two steps of two portions, on images of few pixels. */
export const brief: Partial<TrainingPlan> = {
  epochs: 1,
  batchSize: 64,
  portion: 32,
  data: { ...trainingPlan().data, size: [12, 12] },
};

const plugins = await loadPlugins([], '/');

/** An objective with options as a config would write them. */
export const objective = async (name: string, options: Record<string, unknown> = {}) => ({
  name,
  options: (await plugins.objective(name)).options.parse(options),
});
