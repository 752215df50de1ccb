/** A training step's gradients against central differences of its own losses, over every parameter at once. */
import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openGraph } from '../../src/engine/session.ts';
import { renameValue } from '../../src/onnx/rename.ts';
import type { GraphWriter } from '../../src/plugin/loss.ts';
import { defineObjective } from '../../src/plugin/objective.ts';
import { trainableNetwork, valuesOf } from '../../src/training/network.ts';
import { buildNetwork, networkNames } from '../../src/training/networks/index.ts';
import { stepGraph } from '../../src/training/step-graph.ts';
import { Draw } from '../gradient/harness.ts';

const crossEntropy = (graph: GraphWriter, logits: string, labels: string, classes: number) =>
  graph.op('Neg', [
    graph.op('MatMul', [
      graph.op('Mul', [labels, graph.op('LogSoftmax', [logits], { axis: -1 })]),
      graph.ones(classes),
    ]),
  ]);

/** Both views take part, each with a loss of its own. */
const objective = defineObjective({
  name: 'both',
  title: '',
  reference: '',
  options: z.strictObject({}),
  views: ['clean', 'adversarial'],
  loss: (graph, { logits, labels, classes }) =>
    graph.op('Add', [
      crossEntropy(graph, logits.clean, labels, classes),
      graph.op('Mul', [crossEntropy(graph, logits.adversarial, labels, classes), graph.scalar(0.5)]),
    ]),
});

const batch = 4;
const classes = 3;
const shape = { channels: 3, height: 8, width: 8 };
const preprocessing = {
  mean: [0.4, 0.5, 0.6],
  std: [0.25, 0.25, 0.25],
  channels: 'rgb' as const,
  layout: 'auto' as const,
  range: [0, 1] as [number, number],
};

async function opened(family: string) {
  const network = trainableNetwork(buildNetwork(family, { channels: 3, classes, seed: 1 }));
  const step = stepGraph(network, { definition: objective, options: {} }, { preprocessing, shape, batch, classes });
  const session = await openGraph(step.graph, { threads: 1 });
  const draw = new Draw(3);
  const data = (dims: number[]) => Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => draw.uniform());
  const feeds: Record<string, ort.Tensor> = {};
  for (const name of Object.values(step.images))
    feeds[name] = new ort.Tensor('float32', data([batch, 3, 8, 8]), [batch, 3, 8, 8]);
  const labels = new Float32Array(batch * classes);
  for (let i = 0; i < batch; i++) labels[i * classes + (i % classes)] = 1;
  feeds[step.labels] = new ort.Tensor('float32', labels, [batch, classes]);
  const weights = Float32Array.of(0.1, 0.2, 0.3, 0.4);
  feeds[step.weights] = new ort.Tensor('float32', weights, [batch, 1]);
  return { network, step, session, feeds, weights };
}

describe('the gradients of a step', () => {
  test.each(['small-cnn', 'wide-resnet'])('%s, along directions through all parameters', async (family) => {
    const { network, step, session, feeds, weights } = await opened(family);
    const run = (move: (name: string, value: number, index: number) => number) => {
      const parameters = Object.fromEntries(
        network.parameters.map(({ name, dims }) => [
          name,
          new ort.Tensor(
            'float32',
            valuesOf(network, name).map((value, index) => move(name, value, index)),
            dims,
          ),
        ]),
      );
      return session.run({ ...feeds, ...parameters });
    };
    const total = (results: Record<string, ort.Tensor>) =>
      (results[step.losses].data as Float32Array).reduce((sum, loss, i) => sum + loss * weights[i], 0);
    const here = await run((_, value) => value);
    for (let seed = 0; seed < 3; seed++) {
      const draw = new Draw(seed);
      let slope = 0;
      const directions = new Map(
        network.parameters.map(({ name }, place) => {
          const gradient = here[step.gradients[place]].data as Float32Array;
          // Relative to the parameter's own size, and along its gradient as much as across, so that the slope stands out of rounding.
          const size = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0)) || 1;
          const direction = gradient.map((value) => value / size + (0.3 * draw.normal()) / Math.sqrt(gradient.length));
          slope += direction.reduce((sum, value, i) => sum + value * gradient[i], 0);
          return [name, direction];
        }),
      );
      const h = 2e-3;
      const at = async (by: number) =>
        total(await run((name, value, i) => value + by * (directions.get(name)?.[i] ?? 0)));
      const difference = ((await at(h)) - (await at(-h))) / (2 * h);
      expect(Math.abs(difference - slope) / Math.abs(slope)).toBeLessThan(0.02);
    }
    await session.release();
  });

  test('a parameter’s gradient has its shape; statistics are one pair a normalisation and view', async () => {
    const { network, step, session, feeds } = await opened('small-cnn');
    const parameters = network.parameters.map(
      ({ name, dims }) => [name, new ort.Tensor('float32', valuesOf(network, name), dims)] as const,
    );
    const results = await session.run({ ...feeds, ...Object.fromEntries(parameters) });
    for (const [place, { dims }] of network.parameters.entries())
      expect(results[step.gradients[place]].dims).toEqual(dims);
    expect(step.statistics).toHaveLength(network.statistics.length);
    for (const views of step.statistics) expect(views).toHaveLength(2);
    await session.release();
  });
});

test.each(['image', 'images'])('a network whose input is called %s keeps that name', async (name) => {
  const network = trainableNetwork(
    renameValue(buildNetwork('small-cnn', { channels: 3, classes, seed: 0 }), 'image', name),
  );
  expect(network.graph.inputs.map((input) => input.name)).toEqual([name]);
  const step = stepGraph(network, { definition: objective, options: {} }, { preprocessing, shape, batch, classes });
  await (await openGraph(step.graph, { threads: 1 })).release();
});

describe('the built-in families', () => {
  test.each(networkNames)('%s takes images of any size, and names its layers after their place', async (name) => {
    const graph = buildNetwork(name, { channels: 1, classes: 5, seed: 0 });
    for (const node of graph.nodes) expect(node.name).toMatch(/^(stem|stage\d\.|conv\d|norm|pool|features|logits)/);
    const session = await openGraph(graph, { threads: 1 });
    for (const [height, width] of [
      [16, 16],
      [24, 40],
    ]) {
      const image = new ort.Tensor('float32', new Float32Array(2 * height * width), [2, 1, height, width]);
      const results = await session.run({ image });
      expect(results.logits.dims).toEqual([2, 5]);
    }
    await session.release();
  });

  test('resnet-20 has the parameters of its paper’s table, and a projection in two shortcuts', () => {
    // He et al. 2016: 0.27 M.
    const { parameters } = trainableNetwork(buildNetwork('resnet-20', { channels: 3, classes: 10, seed: 0 }));
    const count = parameters.reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * b), 0);
    expect(count).toBe(272_474);
  });

  test('the seed decides the weights', () => {
    const weights = (seed: number) =>
      buildNetwork('small-cnn', { channels: 3, classes: 2, seed }).initializers.get('conv1.weight')?.data;
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
  });
});
