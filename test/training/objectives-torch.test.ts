/** Losses of a whole step and their gradients for every weight, against PyTorch's autograd on the same network, images and labels. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { openGraph } from '../../src/engine/session.ts';
import { loadPlugins } from '../../src/plugins.ts';
import { trainableNetwork, valuesOf } from '../../src/training/network.ts';
import { buildNetwork } from '../../src/training/networks/index.ts';
import { stepGraph } from '../../src/training/step-graph.ts';
import { Draw } from '../gradient/harness.ts';

const python = process.env.PROOFHOUSE_PYTHON ?? 'python3';
const hasTorch = spawnSync(python, ['-c', 'import torch']).status === 0;
if (!hasTorch) console.log(`skip: ${python} has no PyTorch (PROOFHOUSE_PYTHON); objectives are not compared with it`);

const batch = 6;
const classes = 3;
const dims = [batch, 3, 12, 12];
const shape = { channels: 3, height: 12, width: 12 };
const preprocessing = {
  mean: [0.4, 0.5, 0.6],
  std: [0.25, 0.3, 0.2],
  channels: 'rgb' as const,
  layout: 'auto' as const,
  range: [0, 1] as [number, number],
};
const network = trainableNetwork(buildNetwork('small-cnn', { channels: 3, classes, seed: 4 }));
const draw = new Draw(8);
const clean = Float32Array.from({ length: 3 * 144 * batch }, () => draw.uniform());
const adversarial = clean.map((value) => Math.min(1, Math.max(0, value + 0.2 * (draw.uniform() - 0.5))));
const labels = [0, 1, 2, 2, 1, 0];

type Answer = Record<string, { losses: number[]; gradients: Record<string, number[]> }>;

function theirs(): Answer {
  const weights = Object.fromEntries(
    network.parameters.map(({ name, dims: of }) => [name, { dims: of, data: [...valuesOf(network, name)] }]),
  );
  const images = { clean: { dims, data: [...clean] }, adversarial: { dims, data: [...adversarial] } };
  const setup = { weights, ...images, labels, mean: preprocessing.mean, std: preprocessing.std };
  const script = fileURLToPath(new URL('objectives.py', import.meta.url));
  const { stdout, stderr } = spawnSync(python, [script], {
    input: `${JSON.stringify(setup)}\n`,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Answer;
}

async function ours(name: string) {
  const definition = await (await loadPlugins([], '/')).objective(name);
  const options = definition.options.parse({});
  const step = stepGraph(network, { definition, options }, { preprocessing, shape, classes, batch });
  const session = await openGraph(step.graph, { threads: 1 });
  const oneHot = Float32Array.from({ length: batch * classes }, (_, i) =>
    labels[Math.floor(i / classes)] === i % classes ? 1 : 0,
  );
  const feeds: Record<string, ort.Tensor> = {
    [step.labels]: new ort.Tensor('float32', oneHot, [batch, classes]),
    [step.weights]: new ort.Tensor('float32', new Float32Array(batch).fill(1 / batch), [batch, 1]),
  };
  for (const { name: parameter, dims: of } of network.parameters)
    feeds[parameter] = new ort.Tensor('float32', valuesOf(network, parameter), of);
  for (const view of definition.views)
    feeds[step.images[view] ?? ''] = new ort.Tensor('float32', { clean, adversarial }[view], dims);
  const results = await session.run(feeds);
  await session.release();
  return {
    losses: results[step.losses].data as Float32Array,
    gradients: step.gradients.map((gradient) => results[gradient].data as Float32Array),
  };
}

describe.skipIf(!hasTorch)('a step beside PyTorch', () => {
  test('losses to 5 digits, gradients of every parameter to 0.1 % of their norm', async () => {
    for (const [name, torch] of Object.entries(theirs())) {
      const { losses, gradients } = await ours(name);
      for (const [row, loss] of losses.entries()) expect(loss / torch.losses[row]).toBeCloseTo(1, 4);
      for (const [place, { name: parameter }] of network.parameters.entries()) {
        const other = torch.gradients[parameter];
        const apart = Math.hypot(...gradients[place].map((value, i) => value - other[i]));
        expect(apart / Math.hypot(...other), `${name}: ${parameter}`).toBeLessThan(1e-3);
      }
    }
  });
});
