/** Folding a normalisation into the convolution before it changes neither results nor gradients, and only where it may. */
import { expect, test } from 'vitest';
import { foldBatchNormalization } from '../../src/onnx/gradient/fold-batch-normalization.ts';
import type { GraphBuilder } from '../../src/onnx/graph.ts';
import { checkGradient, Draw, evaluate, graphOf, open } from './harness.ts';

const draw = new Draw(4);
const parameters = (b: GraphBuilder, channels: number) =>
  [0, 1, 2, 3].map((part) => {
    const value = draw.normals([channels]);
    // The last is a variance.
    if (part === 3) value.data = value.data.map((entry) => 0.5 + Math.abs(entry));
    return b.constant(value);
  });

const network = (group: number, shared: boolean) =>
  graphOf(['N', 4, 6, 6], (b) => {
    const kernel = b.constant(draw.normals([8, 4 / group, 3, 3]));
    const bias = b.constant(draw.normals([8]));
    const conv = b.op('Conv', ['x', kernel, bias], { pads: [1, 1, 1, 1], group });
    const plain = b.op('Conv', ['x', kernel], { pads: [1, 1, 1, 1], group });
    const first = b.op('BatchNormalization', [conv, ...parameters(b, 8)], { epsilon: 1e-3 });
    const second = b.op('BatchNormalization', [plain, ...parameters(b, 8)]);
    return b.op('Add', [b.op('Mul', [first, second]), shared ? plain : first]);
  });

test.each([1, 2])('groups %i: same values, and a gradient that agrees with the original', async (group) => {
  const graph = network(group, false);
  const folded = foldBatchNormalization(graph);
  expect(folded.nodes.map((node) => node.op)).toEqual(['Conv', 'Conv', 'Mul', 'Add']);
  expect(graph.nodes.length).toBe(6);
  const x = draw.normals([3, 4, 6, 6]);
  const [{ name }] = graph.outputs;
  const [before, after] = await Promise.all(
    [graph, folded].map(async (each) => (await evaluate(await open(each), { x }))[name].data),
  );
  const scale = Math.max(...before.map(Math.abs));
  for (const [place, value] of before.entries()) expect(Math.abs(value - after[place]) / scale).toBeLessThan(1e-6);
  await checkGradient(folded, { differences: graph });
});

test('a convolution that something else reads too stays as it is', () => {
  const folded = foldBatchNormalization(network(1, true));
  expect(folded.nodes.map((node) => node.op)).toEqual(['Conv', 'Conv', 'BatchNormalization', 'Mul', 'Add']);
});
