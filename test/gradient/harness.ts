/** Small graphs around one operator, run with ONNX Runtime, and their gradients checked by central differences. */
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import { differentiate } from '../../src/onnx/gradient/index.ts';
import type { Attribute, Dim, Graph, Tensor } from '../../src/onnx/graph.ts';
import { copyGraph, elementCount, emptyGraph, GraphBuilder } from '../../src/onnx/graph.ts';
import { inferShapes } from '../../src/onnx/shapes.ts';
import { writeModel } from '../../src/onnx/write.ts';

export interface FloatTensor extends Tensor {
  data: Float32Array;
}

const floats = (data: unknown): Float32Array => {
  if (!(data instanceof Float32Array)) throw new Error('expected float32 data');
  return data;
};

/** A seeded stream of numbers (mulberry32), so that a failure repeats. */
export class Draw {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  int(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }
  pick<T>(choices: readonly T[]): T {
    return choices[this.int(0, choices.length - 1)];
  }
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
  normals(dims: number[]): FloatTensor {
    const data = Float32Array.from({ length: elementCount(dims) }, () => this.normal());
    return { type: 'float32', dims, data };
  }
  /** Distinct values about zero, `gap` apart and never within half a gap of 0, in random order: no step of less than half a gap crosses a kink or a tie. */
  spaced(dims: number[], gap: number): Float32Array {
    const count = elementCount(dims);
    const values = Float32Array.from({ length: count }, (_, index) => (index + 0.5 - Math.floor(count / 2)) * gap);
    for (let last = count - 1; last > 0; last--) {
      const other = this.int(0, last);
      [values[last], values[other]] = [values[other], values[last]];
    }
    return values;
  }
}

/** A graph from float input `x` to output `y`, built by the caller. */
export function graphOf(dims: Dim[], build: (builder: GraphBuilder) => string, opset = 20): Graph {
  const graph = emptyGraph('test', opset);
  const builder = new GraphBuilder(graph);
  builder.input('x', 'float32', dims);
  const y = build(builder);
  graph.outputs.push({ name: y, type: 'float32', dims: inferShapes(graph).get(y)?.dims ?? [] });
  return graph;
}

/** A graph of one operator whose first input is `x`. */
export const single = (
  op: string,
  dims: Dim[],
  constants: (Tensor | undefined)[] = [],
  attributes: Record<string, Attribute> = {},
  opset = 20,
): Graph =>
  graphOf(
    dims,
    (b) => b.op(op, ['x', ...constants.map((value) => (value === undefined ? '' : b.constant(value)))], attributes),
    opset,
  );

/** The graph with a further input `cotangent` and output: d ⟨cotangent, y⟩ / dx. */
export function gradientGraph(graph: Graph): { graph: Graph; gradient: string } {
  const copy = copyGraph(graph);
  const builder = new GraphBuilder(copy);
  const [output] = copy.outputs;
  const [input] = copy.inputs;
  builder.input('cotangent', 'float32', output.dims);
  const gradient = differentiate(builder, { output: output.name, cotangent: 'cotangent', input: input.name });
  copy.outputs.push({ name: gradient, type: 'float32', dims: input.dims });
  return { graph: copy, gradient };
}

export const open = (graph: Graph, threads = 1): Promise<InferenceSession> =>
  InferenceSession.create(writeModel(graph), {
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    logSeverityLevel: 4,
  });

export async function evaluate(
  session: InferenceSession,
  feeds: Record<string, { dims: number[]; data: Float32Array }>,
): Promise<Record<string, { dims: readonly number[]; data: Float32Array }>> {
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, { dims, data }]) => [name, new OrtTensor('float32', data, dims)]),
  );
  const results = await session.run(inputs);
  return Object.fromEntries(
    Object.entries(results).map(([name, { dims, data }]) => [name, { dims, data: floats(data) }]),
  );
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

export interface Check {
  /** What to take differences of, where that is not the graph itself. */
  differences?: Graph;
  /** Where to differentiate; random normals by default. */
  at?: Float32Array;
  /** Half the distance of the two points of each difference. */
  step?: number;
  /** Allowed difference, as a part of the largest directional derivative met. */
  tolerance?: number;
  batch?: number;
  seed?: number;
}

/**
 * Compares ⟨gradient, v⟩ with (f(x + hv) − f(x − hv)) / 2h along random directions v, for f = ⟨cotangent, y⟩ with a
 * random cotangent, sums in float64.
 *
 * @returns the gradient
 */
export async function checkGradient(graph: Graph, check: Check = {}): Promise<Float32Array> {
  const { step = 1e-2, tolerance = 2e-3, batch = 2, seed = 1 } = check;
  const draw = new Draw(seed);
  const dims = graph.inputs[0].dims.map((size) => (typeof size === 'string' ? batch : size));
  const x = check.at ?? draw.normals(dims).data;
  const forward = await open(check.differences ?? graph);
  const [input] = graph.inputs;
  const [{ name }] = graph.outputs;
  const value = async (data: Float32Array) => (await evaluate(forward, { [input.name]: { dims, data } }))[name];
  const base = await value(x);
  const weights = draw.normals([...base.dims]).data;

  const derived = gradientGraph(graph);
  const session = await open(derived.graph);
  const results = await evaluate(session, {
    [input.name]: { dims, data: x },
    cotangent: { dims: [...base.dims], data: weights },
  });
  const gradient = results[derived.gradient];
  expect(gradient.dims).toEqual(dims);

  const expected: number[] = [];
  const actual: number[] = [];
  for (let direction = 0; direction < 5; direction++) {
    // Signs, so that no pixel moves by more than one step.
    const v = Float32Array.from(x, () => (draw.uniform() < 0.5 ? -1 : 1));
    const moved = (by: number) => Float32Array.from(x, (pixel, index) => pixel + by * v[index]);
    const [up, down] = [moved(step), moved(-step)];
    const travelled = Float64Array.from(up, (pixel, index) => pixel - down[index]);
    expected.push(dot((await value(up)).data, weights) - dot((await value(down)).data, weights));
    actual.push(dot(gradient.data, travelled));
  }
  const scale = Math.max(...expected.map(Math.abs), ...actual.map(Math.abs));
  expect(scale, 'the function is flat where it was differentiated').toBeGreaterThan(0);
  for (const [index, difference] of expected.entries())
    expect(Math.abs(actual[index] - difference) / scale, `direction ${index}`).toBeLessThan(tolerance);
  await Promise.all([forward.release(), session.release()]);
  return gradient.data;
}
