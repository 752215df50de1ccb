/** What rewriting does to two real files: nothing that ONNX Runtime can tell. */
import { describe, expect, it } from 'vitest';
import { freeBatch } from '../../src/onnx/batch.ts';
import { fold } from '../../src/onnx/fold.ts';
import type { Graph } from '../../src/onnx/graph.ts';
import { composePreprocessing } from '../../src/onnx/preprocess.ts';
import { readModel } from '../../src/onnx/read.ts';
import { inferShapes } from '../../src/onnx/shapes.ts';
import { upgrade } from '../../src/onnx/upgrade.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { largestDifference, numbers, openSession, run, sharedModel } from './models.ts';

const MODELS = [
  {
    file: 'resnet_2b.onnx',
    input: 'input.1',
    dims: [3, 32, 32],
    preprocessing: {
      mean: [0.4914, 0.4822, 0.4465],
      std: [0.2471, 0.2435, 0.2616],
      channels: 'rgb',
      layout: 'auto',
      range: [0, 1] as [number, number],
    },
  },
  {
    file: 'cifar10_small.onnx',
    input: 'x:0',
    dims: [32, 32, 3],
    preprocessing: { mean: [], std: [], channels: 'rgb', layout: 'auto', range: [0, 1] as [number, number] },
  },
] as const;

for (const { file, input, dims, preprocessing } of MODELS) {
  const path = sharedModel(file);
  describe.skipIf(path === undefined)(file, () => {
    const pixels = numbers(3072);
    const shipped = async () =>
      Object.values(await run(path!, { [input]: { dims: [1, ...dims], data: pixels } }))[0].data;

    /** Logits of the same image, twice in a batch where the graph's batch is free. */
    const logits = async (graph: Graph) => {
      const free = graph.inputs[0].dims[0] === 'N';
      const batch = Float32Array.from([...pixels, ...(free ? pixels : [])]);
      const [scores] = Object.values(await run(graph, { [input]: { dims: [free ? 2 : 1, ...dims], data: batch } }));
      return scores.data.slice(-10);
    };

    it('is the same after reading, writing and reading again', async () => {
      const graph = await readModel(path!);
      const { writeFile, mkdtemp, rm } = await import('node:fs/promises');
      const folder = await mkdtemp(`${(await import('node:os')).tmpdir()}/proofhouse-test-`);
      await writeFile(`${folder}/again.onnx`, writeModel(graph));
      expect(await readModel(`${folder}/again.onnx`)).toEqual(graph);
      await rm(folder, { recursive: true });
    });

    it('gives the same logits when written, freed, folded and upgraded', async () => {
      const graph = await readModel(path!);
      const expected = await shipped();
      expect(await logits(graph)).toEqual(expected);
      const { graph: upgraded, obstacles } = upgrade(graph);
      expect(obstacles).toEqual([]);
      expect(upgraded.opset).toBe(18);
      for (const rewritten of [freeBatch(graph), upgraded, fold(freeBatch(upgraded))])
        expect(largestDifference(await logits(rewritten), expected)).toBeLessThan(1e-5);
    });

    it('has the shapes that ONNX Runtime computes, at every value', async () => {
      const graph = freeBatch(await readModel(path!));
      const shapes = inferShapes(graph);
      const names = graph.nodes.map(({ outputs: [name] }) => name);
      const open = {
        ...graph,
        outputs: names.map((name) => ({ name, type: 'float32' as const, dims: [], undeclared: 'shape' as const })),
      };
      const results = await run(open, { [input]: { dims: [2, ...dims], data: numbers(2 * 3072) } });
      for (const name of names)
        expect(shapes.get(name)?.dims.map((dim) => (dim === 'N' ? 2 : dim))).toEqual(results[name].dims);
    });

    it('takes planar images in [0, 1] once its preprocessing is composed', async () => {
      const graph = composePreprocessing(freeBatch(await readModel(path!)), {
        ...preprocessing,
        mean: [...preprocessing.mean],
        std: [...preprocessing.std],
      });
      expect(graph.inputs).toEqual([{ name: 'images', type: 'float32', dims: ['N', 3, 32, 32] }]);
      expect(graph.outputs.map((output) => output.dims)).toEqual([['N', 10]]);
      const image = numbers(3072, 7);
      const prepared = Float32Array.from({ length: 3072 }, (_, position) => {
        if (dims[2] === 3) return image[(position % 3) * 1024 + Math.floor(position / 3)];
        return (
          (image[position] - (preprocessing.mean[Math.floor(position / 1024)] ?? 0)) /
          (preprocessing.std[Math.floor(position / 1024)] ?? 1)
        );
      });
      const [expected] = Object.values(await run(path!, { [input]: { dims: [1, ...dims], data: prepared } }));
      const [scores] = Object.values(
        await run(graph, { images: { dims: [2, 3, 32, 32], data: Float32Array.from([...image, ...image]) } }),
      );
      expect(largestDifference(scores.data.slice(10), expected.data)).toBeLessThan(1e-5);
    });

    it('opens in a session as one input and one output', async () => {
      const session = await openSession(writeModel(await readModel(path!)));
      expect([session.inputNames, session.outputNames.length]).toEqual([[input], 1]);
      await session.release();
    });
  });
}
