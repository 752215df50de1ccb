/**
 * Puts preprocessing into the graph, so that every model takes the same images (planar, in [0, 1]), perturbations are measured on those,
 * and gradients pass through.
 */
import type { Preprocessing } from '../config/plan.ts';
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import { numbersAttribute } from './attributes.ts';
import { describeDims } from './dim.ts';
import { elementTypeCode, isInteger } from './element-type.ts';
import type { Graph } from './graph.ts';
import { copyGraph, GraphBuilder, tensor } from './graph.ts';
import type { ImageInput } from './image-input.ts';
import { imageInput, scoresOutput } from './image-input.ts';
import { withoutUnused } from './order.ts';
import { renameValue } from './rename.ts';

export const IMAGES = 'images';

const TO_NHWC = [0, 2, 3, 1];
const TO_NCHW = [0, 3, 1, 2];

/** One value per channel from none, one or all of them. */
function perChannel(values: readonly number[], channels: number, fallback: number, what: string): number[] {
  if (values.length <= 1) return Array.from({ length: channels }, () => values[0] ?? fallback);
  if (values.length !== channels)
    throw new InputError(
      `${what} has ${values.length} values, but the model has ${channels} channels.`,
      `Give ${what} one value, or ${channels}.`,
    );
  return [...values];
}

/** (low + (high − low)·x − mean) / std as x·scale + offset, in the order of the file's channels. */
export function affine(
  { mean, std, range: [low, high] }: Preprocessing,
  channels: number,
): { scale: number[]; offset: number[] } {
  const means = perChannel(mean, channels, 0, 'mean');
  const deviations = perChannel(std, channels, 1, 'std');
  if (deviations.some((deviation) => !(deviation > 0 && Number.isFinite(deviation))))
    throw new InputError(`std [${deviations.join(', ')}] must be positive numbers.`);
  return {
    scale: deviations.map((deviation) => (high - low) / deviation),
    offset: deviations.map((deviation, channel) => (low - means[channel]) / deviation),
  };
}

/** Planar images in [0, 1] into the planar values that the file expects. */
function writePixels(builder: GraphBuilder, preprocessing: Preprocessing, channels: number): string {
  const { scale, offset } = affine(preprocessing, channels);
  const constant = (values: number[]) => builder.constant(tensor.float32([1, channels, 1, 1], values), 'preprocessing');
  let pixels = IMAGES;
  if (preprocessing.channels === 'bgr') pixels = builder.op('Gather', [pixels, builder.shape(2, 1, 0)], { axis: 1 });
  if (scale.some((factor) => factor !== 1)) pixels = builder.op('Mul', [pixels, constant(scale)]);
  if (offset.some((term) => term !== 0)) pixels = builder.op('Add', [pixels, constant(offset)]);
  return pixels;
}

/** Into the element type of the file's input. Whole numbers are rounded, as an 8-bit image would be. */
function writeCast(builder: GraphBuilder, pixels: string, { input: { name, type } }: ImageInput): string {
  if (type === 'float32') return pixels;
  if (type === 'bool') throw new InputError(`The model's input ${quote(name)} takes truth values, not images.`);
  const values = isInteger(type) ? builder.op('Round', [pixels]) : pixels;
  return builder.op('Cast', [values], { to: elementTypeCode(type) });
}

/**
 * Feeds planar images to an NHWC file. Such a file often begins by going back to NCHW: where it does, both steps are left out.
 *
 * @returns the name of the NHWC images
 */
function writeTranspose(builder: GraphBuilder, planar: string, body: Graph, input: string): string {
  const undone = body.nodes.filter(
    (node) =>
      node.op === 'Transpose' &&
      node.domain === '' &&
      node.inputs[0] === input &&
      describeDims(numbersAttribute(node, 'perm') ?? []) === describeDims(TO_NCHW),
  );
  const outputs = new Set(undone.map((node) => node.outputs[0]));
  body.nodes = body.nodes.filter((node) => !undone.includes(node));
  for (const node of body.nodes) node.inputs = node.inputs.map((name) => (outputs.has(name) ? planar : name));
  return builder.op('Transpose', [planar], { perm: TO_NHWC });
}

/** The scores as float32 [N, classes], the graph's only output. */
function settleOutput(graph: Graph, classes: number | undefined): void {
  const chosen = scoresOutput(graph, classes);
  const builder = new GraphBuilder(graph);
  let scores = chosen.name;
  if (chosen.dims.length > 2) scores = builder.op('Flatten', [scores], { axis: 1 });
  if (chosen.type !== 'float32') scores = builder.op('Cast', [scores], { to: elementTypeCode('float32') });
  graph.outputs = [{ name: scores, type: 'float32', dims: chosen.dims.slice(0, 2) }];
}

/**
 * The graph with one input, `images` [batch, C, H, W] float32 in [0, 1] (RGB, or gray for one channel), and one output, float32 scores
 * [batch, classes]: of several outputs the first of that shape (of `classesHint` scores if one has them); `outputs[0].name` says which.
 * Mean and std are in the order of the file's channels: for `bgr`, blue first. Identities are left out.
 *
 * @param graph of opset 7 or later
 * @throws InputError where the input is not one image of the preprocessing's channels, mean or std have another length, or no output holds scores
 */
export function composePreprocessing(graph: Graph, preprocessing: Preprocessing, classesHint?: number): Graph {
  const image = imageInput(graph, preprocessing);
  const names = new GraphBuilder(copyGraph(graph));
  // The file's own input may be called `images`, and so may any value inside it.
  const given = names.fresh('image');
  const body = renameValue(renameValue(graph, image.input.name, given), IMAGES, names.fresh(IMAGES));
  const front = copyGraph(body);
  const builder = new GraphBuilder(front);
  front.nodes = [];
  front.inputs = [];
  const { channels, height, width } = image;
  builder.input(IMAGES, 'float32', [image.input.dims[0], channels, height, width]);
  const planar = writeCast(builder, writePixels(builder, preprocessing, channels), image);
  const pixels = image.layout === 'NHWC' ? writeTranspose(builder, planar, body, given) : planar;
  const fed = renameValue(body, given, pixels);
  const composed = { ...front, nodes: [...front.nodes, ...fed.nodes], outputs: fed.outputs };
  settleOutput(composed, classesHint);
  return withoutUnused(composed);
}
