/** A network that can be trained: its graph without preprocessing, its parameters, and the running statistics of its normalisations. */
import { InputError } from '../errors.ts';
import { freeBatch } from '../onnx/batch.ts';
import { fold } from '../onnx/fold.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import { copyGraph, elementCount, GraphBuilder, nodeLabel, tensor } from '../onnx/graph.ts';
import { IMAGES } from '../onnx/preprocess.ts';
import { renameValue } from '../onnx/rename.ts';
import { upgrade } from '../onnx/upgrade.ts';
import { quote } from '../quote.ts';
import { createRandom } from '../random.ts';

export interface Parameter {
  /** Initializer of the graph. */
  name: string;
  dims: number[];
  /** Whether weight decay acts on it: on kernels and matrices, not on biases and the scales of normalisations. */
  decays: boolean;
}

/** A normalisation that uses the batch's statistics in training and these running ones at inference. */
export interface RunningStatistics {
  /** The normalisation's output. */
  node: string;
  /** Initializers of the graph, [C]. */
  mean: string;
  variance: string;
}

export interface TrainableNetwork {
  /** From the network's own normalised input to logits; free batch, opset ≥ 18. What a trained file holds, with other weights. */
  graph: Graph;
  parameters: Parameter[];
  statistics: RunningStatistics[];
}

/** Input positions of each operator that hold what training changes; a constant there is a parameter. */
const PARAMETER_POSITIONS: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  Gemm: [0, 1, 2],
  MatMul: [0, 1],
  BatchNormalization: [1, 2],
};

/** A value of several numbers added to a product of matrices is its bias. */
const isBias = (graph: Graph, node: Node, position: number): boolean =>
  node.op === 'Add' &&
  graph.initializers.get(node.inputs[position])?.dims.length === 1 &&
  graph.nodes.some(({ op, outputs }) => op === 'MatMul' && outputs[0] === node.inputs[1 - position]);

function parameterNames(graph: Graph, node: Node): string[] {
  if (node.domain !== '') return [];
  const positions = PARAMETER_POSITIONS[node.op] ?? [0, 1].filter((position) => isBias(graph, node, position));
  return positions
    .map((position) => node.inputs[position])
    .filter((name) => graph.initializers.get(name)?.type === 'float32');
}

/**
 * @param scope 'all' parameters, or those of the 'head' alone: the last convolution or product of matrices and its bias. With the head
 * alone, normalisations keep their running statistics
 * @throws InputError where the graph has no parameters, or cannot be brought to the operator set that gradients are written in
 */
export function trainableNetwork(shipped: Graph, scope: 'all' | 'head' = 'all'): TrainableNetwork {
  const { graph: upgraded, obstacles } = upgrade(fold(freeBatch(shipped)));
  if (obstacles.length > 0)
    throw new InputError(
      `The network cannot be trained: ${obstacles.map(({ node, reason }) => `${nodeLabel(node)} ${reason}`).join('; ')}.`,
    );
  const graph = separated(withoutClash(upgraded));
  const holders = graph.nodes.filter((node) => parameterNames(graph, node).length > 0);
  const head = holders.findLastIndex(({ op }) => op !== 'BatchNormalization' && op !== 'Add');
  const trained = scope === 'all' ? holders : holders.slice(head);
  const names = new Set(trained.flatMap((node) => parameterNames(graph, node)));
  if (names.size === 0)
    throw new InputError(
      'The network has no parameters to train: no convolution, matrix or normalisation holds float32 constants.',
      'Export it with its weights as float32 initializers.',
    );
  return {
    graph,
    parameters: [...names].map((name) => {
      const dims = graph.initializers.get(name)?.dims ?? [];
      return { name, dims, decays: dims.length > 1 };
    }),
    statistics: trained
      .filter(({ op }) => op === 'BatchNormalization')
      .map(({ inputs, outputs }) => ({ node: outputs[0], mean: inputs[3], variance: inputs[4] })),
  };
}

/** Preprocessing will call its own input `images`; the network's input may have that name, and keeps it in the trained file. */
const withoutClash = (graph: Graph): Graph =>
  graph.inputs.some(({ name }) => name === IMAGES)
    ? graph
    : renameValue(graph, IMAGES, new GraphBuilder(graph).fresh(IMAGES));

/** Gives every normalisation running statistics of its own: exporters let equal constants share one initializer. */
function separated(graph: Graph): Graph {
  const copy = copyGraph(graph);
  const builder = new GraphBuilder(copy);
  const seen = new Set<string>();
  for (const node of copy.nodes) {
    if (node.op !== 'BatchNormalization') continue;
    node.inputs = node.inputs.map((name, position) => {
      const value = copy.initializers.get(name);
      if (position === 0 || value === undefined) return name;
      if (!seen.has(name)) {
        seen.add(name);
        return name;
      }
      return builder.constant(value, 'normalisation');
    });
  }
  return copy;
}

/** The network's own values of some initializers. */
export function valuesOf({ graph }: TrainableNetwork, name: string): Float32Array {
  const data = graph.initializers.get(name)?.data;
  if (!(data instanceof Float32Array)) throw new Error(`${quote(name)} holds no float32 values`);
  return data;
}

/**
 * The same network with fresh parameters: kernels and matrices normal with variance 2 / fan-in (He et al. 2015, arXiv:1502.01852), scales 1, biases
 * 0, running statistics of a standard normal.
 */
export function initialised(network: TrainableNetwork, seed: number): TrainableNetwork {
  const scales = new Set(
    network.graph.nodes.flatMap(({ op, inputs }) => (op === 'BatchNormalization' ? [inputs[1]] : [])),
  );
  const fresh = new Map(
    network.parameters.map(({ name, dims, decays }) => {
      const values = new Float32Array(elementCount(dims));
      if (!decays) return [name, values.fill(scales.has(name) ? 1 : 0)];
      const random = createRandom(seed, 'weights', name);
      const deviation = Math.sqrt((2 * dims[0]) / values.length);
      return [name, values.map(() => deviation * random.normal())];
    }),
  );
  for (const { mean, variance } of network.statistics) {
    fresh.set(mean, new Float32Array(valuesOf(network, mean).length));
    fresh.set(variance, new Float32Array(valuesOf(network, variance).length).fill(1));
  }
  return { ...network, graph: withValues(network.graph, fresh) };
}

/** The graph with other values in some of its initializers. */
export function withValues(graph: Graph, values: ReadonlyMap<string, Float32Array>): Graph {
  const initializers = new Map(graph.initializers);
  for (const [name, data] of values) initializers.set(name, tensor.float32(initializers.get(name)?.dims ?? [], data));
  return { ...graph, initializers };
}
