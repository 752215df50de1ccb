/** Runs graphs of ours on ONNX Runtime, the reference that these tests compare with. */
import { existsSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import type { Graph, ValueInfo } from '../../src/onnx/graph.ts';
import { emptyGraph, GraphBuilder } from '../../src/onnx/graph.ts';
import { writeModel } from '../../src/onnx/write.ts';

const SILENT = 4;

export function openSession(model: Graph | Uint8Array | string): Promise<ort.InferenceSession> {
  const options = { logSeverityLevel: SILENT, intraOpNumThreads: 1 } as const;
  if (typeof model === 'string') return ort.InferenceSession.create(model, options);
  return ort.InferenceSession.create(model instanceof Uint8Array ? model : writeModel(model), options);
}

/** All outputs, by name, of one run on float32 inputs. */
export async function run(
  model: Graph | Uint8Array | string,
  inputs: Record<string, { dims: number[]; data: Float32Array }>,
): Promise<Record<string, { type: string; dims: number[]; data: Float32Array }>> {
  const session = await openSession(model);
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { dims, data }]) => [name, new ort.Tensor('float32', data, dims)]),
  );
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { type, dims, data }]) => [
      name,
      { type, dims: [...dims], data: Float32Array.from([...data], Number) },
    ]),
  );
}

/** A small, fixed stream of numbers in [0, 1): tests need variety, not quality. */
export function numbers(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}

/** A graph with the inputs given, whose nodes `write` appends; `write` returns the names of the outputs. */
export function build(inputs: ValueInfo[], write: (builder: GraphBuilder) => string | string[], opset = 18): Graph {
  const graph = emptyGraph('test', opset);
  const builder = new GraphBuilder(graph);
  for (const { name, type, dims } of inputs) builder.input(name, type, dims);
  const outputs = [write(builder)].flat();
  graph.outputs = outputs.map((name) => ({ name, type: 'float32', dims: [], undeclared: 'shape' }));
  return graph;
}

export const largestDifference = (left: Float32Array, right: Float32Array): number =>
  left.length === right.length
    ? left.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i])), 0)
    : Infinity;

const data = process.env.PROOFHOUSE_DATA;

/** Path of a third-party model; undefined, with a line that says so, where PROOFHOUSE_DATA does not lead to it. */
export function sharedModel(file: string): string | undefined {
  const path = data && `${data}/models/${file}`;
  if (path && existsSync(path)) return path;
  console.warn(`skipped: ${file} (set PROOFHOUSE_DATA to the folder that holds models/${file})`);
  return undefined;
}
