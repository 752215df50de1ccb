/**
 * One training step as a graph: images and labels of a portion of the batch in, losses and the gradients of all parameters out. Parameters are inputs,
 * because they change with every step; each view is a copy of the network that shares them and has batch statistics of its own.
 */
import type { Preprocessing } from '../config/plan.ts';
import { lossWriter } from '../engine/loss-graph.ts';
import { InputError } from '../errors.ts';
import { differentiateAll } from '../onnx/gradient/index.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import { copyGraph, GraphBuilder } from '../onnx/graph.ts';
import { composePreprocessing, IMAGES } from '../onnx/preprocess.ts';
import { inferShapes } from '../onnx/shapes.ts';
import type { ImageShape } from '../plugin/attack.ts';
import type { ObjectiveDefinition, View } from '../plugin/objective.ts';
import type { TrainableNetwork } from './network.ts';

export interface StepGraph {
  graph: Graph;
  /** Names of the inputs: images [N, C, H, W] of each view, labels [N, K], weights [N, 1] of the examples in the sum. */
  images: Partial<Record<View, string>>;
  labels: string;
  weights: string;
  /** Names of the outputs: losses [N, 1], logits [N, K] of each view. */
  losses: string;
  logits: Partial<Record<View, string>>;
  /** Gradients of Σ weight · loss, in the order of the network's parameters. */
  gradients: string[];
  /** Mean and variance of the batch for each of the network's statistics and each view in turn, [C] each, over `count` values. */
  statistics: { mean: string; variance: string; count: number }[][];
  /** d Σ weight · loss / d images of each view, where they were asked for. */
  imageGradients?: Partial<Record<View, string>>;
}

export interface StepOptions {
  preprocessing: Preprocessing;
  shape: ImageShape;
  /** Images of the portion. */
  batch: number;
  classes: number;
  /** Ask for the gradients of the images too, as free adversarial training does. */
  imageGradients?: boolean;
}

/**
 * @param objective with its parsed options
 * @throws InputError where a parameter's gradient cannot be derived
 */
export function stepGraph(
  network: TrainableNetwork,
  { definition, options }: { definition: ObjectiveDefinition; options: unknown },
  { preprocessing, shape, batch, classes, imageGradients = false }: StepOptions,
): StepGraph {
  const composed = composePreprocessing(network.graph, preprocessing);
  const graph = copyGraph({ ...composed, nodes: [], inputs: [], outputs: [] });
  for (const { name } of network.parameters) graph.initializers.delete(name);
  const builder = new GraphBuilder({ ...graph, nodes: composed.nodes });
  builder.graph.nodes = [];
  for (const { name, dims } of network.parameters) builder.input(name, 'float32', dims);
  const labels = builder.input(builder.fresh('labels'), 'float32', [batch, classes]);
  const weights = builder.input(builder.fresh('weights'), 'float32', [batch, 1]);

  const images: StepGraph['images'] = {};
  const logits: StepGraph['logits'] = {};
  const renamed: ReadonlyMap<string, string>[] = [];
  for (const view of definition.views) {
    const input = builder.input(builder.fresh(`${IMAGES} ${view}`), 'float32', [
      batch,
      shape.channels,
      shape.height,
      shape.width,
    ]);
    const names = instantiate(builder, composed, network, input);
    images[view] = input;
    logits[view] = names.get(composed.outputs[0].name) ?? '';
    renamed.push(names);
  }
  const losses = definition.loss(
    lossWriter(builder),
    { logits: logits as Record<View, string>, labels, classes },
    options,
  );
  const wanted = network.parameters.map(({ name }) => name);
  const views = imageGradients ? definition.views.map((view) => images[view] ?? '') : [];
  const gradients = differentiateAll(
    builder,
    { output: losses, cotangent: weights, inputs: [...wanted, ...views] },
    'Train a network without it, and put it back into the file that is released.',
  );
  const shapes = inferShapes(builder.graph);
  const statistics = network.statistics.map(({ node }) =>
    renamed.map((names) => {
      const normalisation = builder.graph.nodes.find(({ outputs }) => outputs[0] === names.get(node));
      if (normalisation === undefined) throw new InputError(`The normalisation ${node} is not part of the network.`);
      const dims = shapes.get(normalisation.outputs[0])?.dims ?? [];
      const count = dims.reduce<number>((product, size, axis) => (axis === 1 ? product : product * Number(size)), 1);
      return { mean: normalisation.outputs[1], variance: normalisation.outputs[2], count };
    }),
  );
  const result: StepGraph = {
    graph: builder.graph,
    images,
    labels,
    weights,
    losses,
    logits,
    gradients: gradients.slice(0, wanted.length),
    statistics,
    ...(imageGradients && {
      imageGradients: Object.fromEntries(definition.views.map((view, i) => [view, gradients[wanted.length + i]])),
    }),
  };
  const outputs = [
    losses,
    ...Object.values(logits),
    ...gradients,
    ...statistics.flat(1).flatMap((s) => [s.mean, s.variance]),
  ];
  builder.graph.outputs = outputs.map((name) => ({ name, type: 'float32', dims: [], undeclared: 'shape' }));
  return result;
}

/** Copies the network's nodes under fresh names, reading the given images and normalising by the batch. @returns new names by old */
function instantiate(
  builder: GraphBuilder,
  composed: Graph,
  { statistics }: TrainableNetwork,
  images: string,
): ReadonlyMap<string, string> {
  const trained = new Set(statistics.map(({ node }) => node));
  const names = new Map([[composed.inputs[0].name, images]]);
  const renamed = (name: string) => names.get(name) ?? name;
  for (const node of composed.nodes) {
    const inputs = node.inputs.map(renamed);
    for (const output of node.outputs) if (output !== '') names.set(output, builder.fresh(output));
    const outputs = node.outputs.map(renamed);
    const copy = { ...node, name: outputs[0], inputs, outputs, attributes: { ...node.attributes } };
    builder.graph.nodes.push(trained.has(node.outputs[0]) ? normalisingByBatch(builder, copy) : copy);
  }
  return names;
}

/** With momentum 0 the running statistics that the operator puts out are the batch's own. */
function normalisingByBatch(builder: GraphBuilder, node: Node): Node {
  const [x, scale, shift, mean, variance] = node.inputs;
  return {
    ...node,
    inputs: [x, scale, shift, mean, variance],
    outputs: [node.outputs[0], builder.fresh('mean'), builder.fresh('variance')],
    attributes: { ...node.attributes, training_mode: 1, momentum: 0 },
    floatAttributes: ['momentum'],
  };
}
