/**
 * What a network sees of an image: where the logit of its answer is sensitive to the pixels (Simonyan et al. 2014, arXiv:1312.6034), and how
 * strongly each place of a few layers is active. One graph gives both: the gradient graph with those layers as further outputs.
 */
import type { ModelPlan } from '../config/plan.ts';
import type { Graph } from '../onnx/graph.ts';
import { IMAGES } from '../onnx/preprocess.ts';
import { readModel } from '../onnx/read.ts';
import { inferShapes } from '../onnx/shapes.ts';
import type { ImageShape } from '../plugin/attack.ts';
import { BatchedSession } from './batched-session.ts';
import { gradientGraph, prepareGraph, weightedLogits } from './gradient-model.ts';
import { openGraph } from './session.ts';

/** One value for each place, row by row. */
export interface PlaneMap {
  height: number;
  width: number;
  values: Float64Array;
}

export interface Seen {
  /** Largest |∂ logit of the answer / ∂ pixel| over the channels. */
  saliency: PlaneMap;
  /** Mean |activation| over the channels, in the order of `Sight.layers`. */
  layers: PlaneMap[];
}

export interface Sight {
  /** The layers' names in the file. */
  layers: string[];
  /** @param answers the class of each image whose logit is differentiated */
  look(images: readonly Float32Array[], answers: readonly number[]): Promise<Seen[]>;
  close(): Promise<void>;
}

interface Layer {
  /** The value that holds its activations. */
  value: string;
  name: string;
  channels: number;
  height: number;
  width: number;
}

const ACTIVATIONS: ReadonlySet<string> = new Set(
  'Relu LeakyRelu PRelu Clip Elu Selu Celu ThresholdedRelu Softplus Tanh Sigmoid HardSigmoid HardSwish Mish Gelu Softsign'.split(
    ' ',
  ),
);
const MOST_LAYERS = 4;

/** Images of one pass: a gradient graph keeps every activation of each. */
const BATCH = 2;

/** @returns undefined where no gradient can be derived from the file */
export async function openSight(plan: ModelPlan, shape: ImageShape): Promise<Sight | undefined> {
  const prepared = prepareGraph(await readModel(plan.path), plan.preprocessing, [shape.height, shape.width]);
  if (prepared.obstacles.length > 0) return undefined;
  const classes = Number(prepared.graph.outputs[0].dims[1]);
  const layers = chooseLayers(prepared.graph);
  const { graph, rowInputs, outputs } = gradientGraph(prepared.graph, [weightedLogits], classes);
  const [batch] = graph.inputs[0].dims;
  graph.outputs.push(
    ...layers.map(({ value, channels, height, width }) => ({
      name: value,
      type: 'float32' as const,
      dims: [batch, channels, height, width],
    })),
  );
  const { channels, height, width } = shape;
  const size = channels * height * width;
  const session = new BatchedSession(
    await openGraph(graph, { threads: 1 }),
    [
      { name: IMAGES, dims: [channels, height, width] },
      { name: rowInputs[0][0], dims: [classes] },
    ],
    { fixed: prepared.fixedBatch?.size, most: BATCH },
  );
  return {
    layers: layers.map(({ name }) => name),
    async look(images, answers) {
      const [gradients, ...activations] = await session.run(
        images.length,
        ([points, weights], at, i) => {
          points.set(images[i], at * size);
          weights.fill(0, at * classes, (at + 1) * classes);
          weights[at * classes + answers[i]] = 1;
        },
        [outputs[2], ...layers.map(({ value }) => value)],
      );
      return images.map((_, i) => ({
        saliency: largestOfChannels(gradients[i], shape),
        layers: layers.map((layer, l) => meanOfChannels(activations[l][i], layer)),
      }));
    },
    close: () => session.close(),
  };
}

/** Feature maps after activations, from the first to the last at even steps; of a network without any, after its convolutions. */
function chooseLayers(graph: Graph): Layer[] {
  const shapes = inferShapes(graph);
  const mapsOf = (wanted: (op: string) => boolean): Layer[] =>
    graph.nodes.flatMap((node) => {
      const [value] = node.outputs;
      const shape = shapes.get(value);
      if (!wanted(node.op) || shape?.type !== 'float32' || shape.dims.length !== 4) return [];
      const [, channels, height, width] = shape.dims;
      if (typeof channels !== 'number' || typeof height !== 'number' || typeof width !== 'number') return [];
      // A single place is no map.
      return height * width > 1 ? [{ value, name: node.name || value, channels, height, width }] : [];
    });
  const activated = mapsOf((op) => ACTIVATIONS.has(op));
  const maps = activated.length > 0 ? activated : mapsOf((op) => op === 'Conv');
  const count = Math.min(MOST_LAYERS, maps.length);
  return Array.from({ length: count }, (_, i) => maps[Math.round((i * (maps.length - 1)) / Math.max(1, count - 1))]);
}

function largestOfChannels(gradient: Float32Array, { channels, height, width }: ImageShape): PlaneMap {
  const values = new Float64Array(height * width);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < values.length; i++) values[i] = Math.max(values[i], Math.abs(gradient[c * values.length + i]));
  return { height, width, values };
}

function meanOfChannels(activation: Float32Array, { channels, height, width }: Layer): PlaneMap {
  const values = new Float64Array(height * width);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < values.length; i++) values[i] += Math.abs(activation[c * values.length + i]) / channels;
  return { height, width, values };
}
