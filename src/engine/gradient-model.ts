/** From a file's graph to the graphs that Proofhouse runs: images in, and logits, per-row losses and input gradients out. */
import type { Preprocessing } from '../config/plan.ts';
import { InputError } from '../errors.ts';
import { freeBatch } from '../onnx/batch.ts';
import { batchSensitiveNodes } from '../onnx/batch-sensitive.ts';
import { fold } from '../onnx/fold.ts';
import { foldBatchNormalization } from '../onnx/gradient/fold-batch-normalization.ts';
import { differentiate, gradientObstacles } from '../onnx/gradient/index.ts';
import { copyGraph, type Graph, GraphBuilder, nodeLabel } from '../onnx/graph.ts';
import { composePreprocessing } from '../onnx/preprocess.ts';
import { upgrade } from '../onnx/upgrade.ts';
import type { LossDefinition } from '../plugin/loss.ts';
import { lossWriter } from './loss-graph.ts';

/** A loss whose graph form is known to exist. */
export type GraphLoss = LossDefinition & { graph: NonNullable<LossDefinition['graph']> };

/** Σ w·z with weights fed per row: the vector–Jacobian product behind losses that have no graph form. */
export const weightedLogits: Pick<GraphLoss, 'name' | 'graph'> = {
  name: 'weighted logits',
  graph: {
    rows: 1,
    encode: (_goal, classes) => [new Float32Array(classes)],
    build: (graph, logits, [weights], classes) => ({
      value: graph.op('MatMul', [graph.op('Mul', [weights, logits]), graph.ones(classes)]),
      cotangent: weights,
    }),
  },
};

export interface PreparedGraph {
  /** Input `images` [N, C, H, W] in [0, 1], output logits [N, classes]; at an operator set that gradients are written in. */
  graph: Graph;
  /** Examples must be run in batches of exactly this size, and why. */
  fixedBatch?: { size: number; reason: string };
  /** Why no gradient can be derived: operator, node and reason each. */
  obstacles: string[];
}

/**
 * The network with preprocessing composed in front, its batch freed where it can be, and constants folded.
 *
 * @param size [height, width] for a network with free image size
 * @throws InputError where the file is no image classifier with the given preprocessing
 */
export function prepareGraph(
  shipped: Graph,
  preprocessing: Preprocessing,
  size: readonly [number, number] | undefined,
): PreparedGraph {
  const composed = composePreprocessing(shipped, preprocessing);
  const [images] = composed.inputs;
  composed.inputs = [{ ...images, dims: images.dims.map((dim, axis) => (axis > 1 ? (size?.[axis - 2] ?? dim) : dim)) }];
  const { graph, fixedBatch } = settleBatch(composed);
  const upgraded = upgrade(fold(graph));
  const folded = foldBatchNormalization(fold(upgraded.graph));
  const path = { output: folded.outputs[0].name, input: folded.inputs[0].name };
  const obstacles = [...upgraded.obstacles, ...gradientObstacles(folded, path)];
  return {
    graph: folded,
    ...(fixedBatch && { fixedBatch }),
    obstacles: [...new Set(obstacles.map(({ node, reason }) => `${nodeLabel(node)} ${reason}`))],
  };
}

/** The graph with a free batch; where it has none, or where examples of a batch would feel each other, a batch of one. */
function settleBatch(composed: Graph): Pick<PreparedGraph, 'graph' | 'fixedBatch'> {
  let freed: Graph;
  try {
    freed = freeBatch(composed);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [images] = composed.inputs;
    const size = typeof images.dims[0] === 'number' ? images.dims[0] : 1;
    const inputs = [{ ...images, dims: images.dims.with(0, size) }];
    return { graph: { ...composed, inputs }, fixedBatch: { size, reason: error.message.split('\n')[0] } };
  }
  const sensitive = batchSensitiveNodes(fold(freed));
  if (sensitive.length === 0) return { graph: freed };
  const [first] = sensitive;
  const others = sensitive.length === 1 ? '' : ` and ${sensitive.length - 1} other nodes`;
  const reason = `the last bits of ${nodeLabel(first)}${others} depend on an example's place in its batch`;
  return { graph: freed, fixedBatch: { size: 1, reason } };
}

export interface GradientGraph {
  graph: Graph;
  /** Names of each loss's row inputs, in the order of the losses. A row of zeros takes no part in the loss. */
  rowInputs: string[][];
  /** Names of the outputs: logits [N, K], loss [N, 1], gradient [N, C, H, W]. */
  outputs: [logits: string, loss: string, gradient: string];
}

/** Appends losses and the backward pass to a prepared graph. */
export function gradientGraph(
  base: Graph,
  losses: readonly Pick<GraphLoss, 'name' | 'graph'>[],
  classes: number,
): GradientGraph {
  const graph = copyGraph(base);
  const builder = new GraphBuilder(graph);
  const writer = lossWriter(builder);
  const [images] = graph.inputs;
  const [logits] = graph.outputs;
  const [batch] = images.dims;
  const sum = (terms: string[]) => terms.reduce((total, term) => builder.op('Add', [total, term]));

  const rowInputs = losses.map(({ name, graph: form }) =>
    Array.from({ length: form.rows }, (_, row) => builder.input(`${name} ${row}`, 'float32', [batch, classes])),
  );
  const parts = losses.map((loss, i) => loss.graph.build(writer, logits.name, rowInputs[i], classes));
  const loss = sum(parts.map(({ value }) => value));
  const cotangent = sum(parts.map((part) => part.cotangent));
  const gradient = differentiate(builder, { output: logits.name, cotangent, input: images.name });
  graph.outputs = [
    logits,
    { name: loss, type: 'float32', dims: [batch, 1] },
    { name: gradient, type: 'float32', dims: images.dims },
  ];
  return { graph, rowInputs, outputs: [logits.name, loss, gradient] };
}
