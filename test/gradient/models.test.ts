/**
 * Whole networks as their authors exported them. Their ReLUs bend so often that differences across the bends say little,
 * so differences are taken on the linear piece around the image: each ReLU replaced by the mask it has there.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freeBatch } from '../../src/onnx/batch.ts';
import { fold } from '../../src/onnx/fold.ts';
import { gradientObstacles } from '../../src/onnx/gradient/index.ts';
import type { Graph } from '../../src/onnx/graph.ts';
import { copyGraph, tensor } from '../../src/onnx/graph.ts';
import { readModel } from '../../src/onnx/read.ts';
import { inferShapes } from '../../src/onnx/shapes.ts';
import { upgrade } from '../../src/onnx/upgrade.ts';
import { checkGradient, Draw, evaluate, open } from './harness.ts';

const data = process.env.PROOFHOUSE_DATA;

/** The affine function that a ReLU network is around the given images. */
async function linearPiece(graph: Graph, images: { dims: number[]; data: Float32Array }): Promise<Graph> {
  const shapes = inferShapes(graph);
  const piece = copyGraph(graph);
  const bends = piece.nodes.filter((node) => node.op === 'Relu');
  const probe = copyGraph(graph);
  probe.outputs = bends.map(({ outputs: [name] }) => ({ name, type: 'float32', dims: shapes.get(name)?.dims ?? [] }));
  const values = await evaluate(await open(probe), { [graph.inputs[0].name]: images });
  for (const node of bends) {
    const { dims, data: relu } = values[node.outputs[0]];
    const mask = `${node.outputs[0]} mask`;
    piece.initializers.set(
      mask,
      tensor.float32(
        [...dims],
        relu.map((value) => (value > 0 ? 1 : 0)),
      ),
    );
    node.op = 'Mul';
    node.inputs.push(mask);
  }
  return piece;
}

describe.skipIf(data === undefined)('published networks (needs PROOFHOUSE_DATA)', () => {
  test.each(['resnet_2b', 'cifar10_small'])('%s', async (name) => {
    const shipped = await readModel(join(data ?? '', 'models', `${name}.onnx`));
    const graph = fold(upgrade(fold(freeBatch(shipped))).graph);
    const [input] = graph.inputs;
    expect(gradientObstacles(graph, { output: graph.outputs[0].name, input: input.name })).toEqual([]);
    const dims = [2, ...input.dims.slice(1).map(Number)];
    const images = new Draw(3).normals(dims);
    const differences = await linearPiece(graph, images);
    await checkGradient(graph, { at: images.data, differences, step: 0.1, tolerance: 1e-4 });
  });
});
