/** The gradient graph of a model: logits, per-row loss and input gradient in one pass, the loss chosen per row. */
import { differentiate } from '../onnx/gradient/index.ts';
import { copyGraph, type Graph, GraphBuilder } from '../onnx/graph.ts';
import type { Goal } from '../plugin/goal.ts';
import type { LossDefinition } from '../plugin/loss.ts';
import { lossWriter } from './loss-graph.ts';

/** A loss whose graph form is known to exist. */
export type GraphLoss = LossDefinition & { graph: NonNullable<LossDefinition['graph']> };

/** Σ w·z with weights fed per row: the vector–Jacobian product behind losses that have no graph form. */
export const weightedLogits: GraphLoss = {
  name: 'weighted-logits',
  title: 'Weighted sum of logits',
  reference: '',
  minimumClasses: 1,
  value: () => Number.NaN,
  cotangent: (logits) => new Float32Array(logits.length),
  graph: {
    rows: 1,
    encode: (_goal: Goal, classes) => [new Float32Array(classes)],
    build: (graph, logits, [weights], classes) => ({
      value: graph.op('MatMul', [graph.op('Mul', [weights, logits]), graph.ones(classes)]),
      cotangent: weights,
    }),
  },
};

export interface GradientGraph {
  graph: Graph;
  /** Names of each loss's row inputs, in the order of the losses. A row of zeros takes no part in the loss. */
  rowInputs: string[][];
  logits: string;
  loss: string;
  gradient: string;
}

/**
 * Appends losses and the backward pass to a graph.
 *
 * @param base input `images` [N, C, H, W] in [0, 1], first output logits [N, classes]
 */
export function gradientGraph(base: Graph, losses: readonly GraphLoss[], classes: number): GradientGraph {
  const graph = copyGraph(base);
  const builder = new GraphBuilder(graph);
  const writer = lossWriter(builder);
  const [images] = graph.inputs;
  const [logits] = graph.outputs;
  const sum = (terms: string[]) => terms.reduce((total, term) => builder.op('Add', [total, term]));

  const rowInputs = losses.map(({ name, graph: form }) =>
    Array.from({ length: form.rows }, (_, row) =>
      builder.input(`${name} ${row}`, 'float32', [images.dims[0], classes]),
    ),
  );
  const parts = losses.map((loss, i) => loss.graph.build(writer, logits.name, rowInputs[i], classes));
  const loss = sum(parts.map(({ value }) => value));
  const cotangent = sum(parts.map((part) => part.cotangent));
  const gradient = differentiate(builder, { output: logits.name, cotangent, input: images.name });
  graph.outputs = [
    logits,
    { name: loss, type: 'float32', dims: [images.dims[0], 1] },
    { name: gradient, type: 'float32', dims: images.dims },
  ];
  return { graph, rowInputs, logits: logits.name, loss, gradient };
}
