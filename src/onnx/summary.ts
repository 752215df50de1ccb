/** What `inspect` shows of a network: its layers with shapes, windows, receptive fields, parameters and multiply–accumulates. */
import { product } from './dim.ts';
import type { Dim, Graph, Node, Tensor, ValueInfo } from './graph.ts';
import { elementCount } from './graph.ts';
import { withImageSize } from './image-size.ts';
import type { ReceptiveField } from './receptive-field.ts';
import { receptiveFields } from './receptive-field.ts';
import { inferShapes } from './shapes.ts';
import type { Window } from './window.ts';
import { slidingWindow, transposedWindow } from './window.ts';

export { explainImageSize } from './image-size.ts';

export interface Layer {
  op: string;
  /** The node's name, or that of its first output. */
  name: string;
  /** Output shape; undefined where it cannot be told. */
  shape: Dim[] | undefined;
  /** Kernel, strides, dilations and paddings (all beginnings, then all ends) of convolutions and pools. */
  window: Window | undefined;
  /** Undefined for values that do not depend on the image. */
  receptiveField: ReceptiveField | undefined;
  /** Numbers in the weights that the node reads. */
  parameters: number;
  /** Multiply–accumulates for one image, of convolutions and matrix products; undefined where the image's size is open. */
  macs: number | undefined;
}

export interface LayerSummary {
  producer: string;
  opset: number;
  inputs: ValueInfo[];
  /** With inferred shapes where the file leaves them open. */
  outputs: ValueInfo[];
  layers: Layer[];
  totals: {
    /** Weights that several layers share count once. */
    parameters: number;
    /** Of one image. */
    macs: number;
    /** Layers whose multiply–accumulates cannot be told, and are missing from the total. */
    uncounted: number;
  };
}

type Shapes = ReadonlyMap<string, Pick<ValueInfo, 'type' | 'dims'>>;

const CONVOLUTIONS = new Set(['Conv', 'ConvInteger', 'QLinearConv']);
const POOLS = new Set(['MaxPool', 'AveragePool', 'LpPool']);

/** Constants that these read are settings, not weights. */
const SETTINGS = new Set(
  'Clip Dropout Expand Gather Pad Range Reshape Resize Slice Split Tile TopK Upsample'.split(' '),
);

/** Position of the weight among a convolution's inputs. */
const weightIndex = (node: Node): number => (node.op === 'QLinearConv' ? 3 : 1);

const allNumbers = (dims: readonly Dim[] | undefined): dims is number[] =>
  dims?.every((dim) => typeof dim === 'number') ?? false;

function windowOf(node: Node, shapes: Shapes): Window | undefined {
  if (node.domain !== '') return undefined;
  const sizes = shapes.get(node.inputs[0] ?? '')?.dims.slice(2);
  if (sizes === undefined) return undefined;
  if (POOLS.has(node.op)) {
    const kernel = node.attributes.kernel_shape;
    return Array.isArray(kernel) ? slidingWindow(node, sizes, kernel.map(Number)) : undefined;
  }
  const kernel = shapes.get(node.inputs[weightIndex(node)] ?? '')?.dims.slice(2);
  if (!allNumbers(kernel)) return undefined;
  if (CONVOLUTIONS.has(node.op)) return slidingWindow(node, sizes, kernel);
  return node.op === 'ConvTranspose' ? transposedWindow(node, sizes, kernel) : undefined;
}

/** Elements of a value for one image: without the batch. */
function perImage(dims: readonly Dim[] | undefined): number | undefined {
  const elements = dims && product(dims.slice(1));
  return typeof elements === 'number' ? elements : undefined;
}

const times = (count: number | undefined, factor: Dim | undefined): number | undefined =>
  count === undefined || typeof factor !== 'number' ? undefined : count * factor;

function macsOf(node: Node, shapes: Shapes): number | undefined {
  const dims = (name: string | undefined) => shapes.get(name ?? '')?.dims;
  const perWeightRow = (index: number): Dim | undefined => {
    const weight = dims(node.inputs[index]);
    return weight && product(weight.slice(1));
  };
  const output = perImage(dims(node.outputs[0]));
  if (CONVOLUTIONS.has(node.op)) return times(output, perWeightRow(weightIndex(node)));
  if (node.op === 'ConvTranspose') return times(perImage(dims(node.inputs[0])), perWeightRow(1));
  if (node.op === 'MatMul' || node.op === 'MatMulInteger') return times(output, dims(node.inputs[0])?.at(-1));
  if (node.op === 'Gemm') return times(output, dims(node.inputs[0])?.[node.attributes.transA === 1 ? 0 : 1]);
  return 0;
}

const isWeight = ({ type, dims }: Tensor): boolean => dims.length > 0 && type !== 'int64' && type !== 'bool';

function weightsOf(node: Node, { initializers }: Graph): Map<string, number> {
  if (SETTINGS.has(node.op)) return new Map();
  const weights = node.inputs.flatMap((name) => {
    const weight = initializers.get(name);
    return weight && isWeight(weight) ? [[name, elementCount(weight.dims)] as const] : [];
  });
  return new Map(weights);
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((total, count) => total + count, 0);

/**
 * The layers of a network in the order of the file.
 *
 * @param model best with its batch free and folded, so that shape arithmetic does not appear among the layers
 * @param size [height, width], for a network that leaves it open
 * @throws InputError where shapes contradict each other
 */
export function summarise(model: Graph, size?: readonly [number, number]): LayerSummary {
  const graph = size ? withImageSize(model, size) : model;
  const shapes = inferShapes(graph);
  const windows = new Map<Node, Window>();
  for (const node of graph.nodes) {
    const window = windowOf(node, shapes);
    if (window) windows.set(node, window);
  }
  const fields = receptiveFields(graph, shapes, windows);
  const weights = graph.nodes.map((node) => weightsOf(node, graph));
  const layers = graph.nodes.map(
    (node, index): Layer => ({
      op: node.op,
      name: node.name === '' ? (node.outputs[0] ?? '') : node.name,
      shape: shapes.get(node.outputs[0] ?? '')?.dims,
      window: windows.get(node),
      receptiveField: fields.get(node.outputs[0] ?? ''),
      parameters: sum(weights[index].values()),
      macs: macsOf(node, shapes),
    }),
  );
  const macs = layers.flatMap((layer) => layer.macs ?? []);
  return {
    producer: graph.producer,
    opset: graph.opset,
    inputs: graph.inputs,
    outputs: graph.outputs.map((output): ValueInfo => {
      const shape = shapes.get(output.name);
      return shape ? { name: output.name, ...shape } : output;
    }),
    layers,
    totals: {
      parameters: sum(new Map(weights.flatMap((counts) => [...counts])).values()),
      macs: sum(macs),
      uncounted: layers.length - macs.length,
    },
  };
}
