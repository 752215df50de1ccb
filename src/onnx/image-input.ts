/** Which input of a model takes the image, how its axes lie, and which output holds the scores. */
import type { Preprocessing } from '../config/plan.ts';
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import { describeDims } from './dim.ts';
import type { Dim, Graph, ValueInfo } from './graph.ts';
import { inferShapes } from './shapes.ts';

export interface ImageInput {
  input: ValueInfo;
  layout: 'NCHW' | 'NHWC';
  channels: number;
  height: Dim;
  width: Dim;
}

const describe = ({ name, type, dims }: ValueInfo): string => `${quote(name)} ${type} ${describeDims(dims)}`;

const fits = (dim: Dim, channels: number): boolean => dim === channels || typeof dim === 'string';

const countsChannels = (dim: Dim): boolean => dim === 1 || dim === 3;

/** Channels first unless only the last axis can be the channels (of which `channels` are hoped for). */
export function readLayout([, first, , last]: readonly Dim[], channels = 3): 'NCHW' | 'NHWC' {
  if (first === channels) return 'NCHW';
  if (last === channels) return 'NHWC';
  return countsChannels(last) && !countsChannels(first) ? 'NHWC' : 'NCHW';
}

/**
 * The one input of an image classifier.
 *
 * @throws InputError where there are several inputs, it has not four axes, or its channels are not those of the preprocessing
 */
export function imageInput(graph: Graph, { layout, channels }: Pick<Preprocessing, 'layout' | 'channels'>): ImageInput {
  const [input] = graph.inputs;
  if (graph.inputs.length !== 1)
    throw new InputError(
      `The model has ${graph.inputs.length} inputs${graph.inputs.map((value) => `, ${describe(value)}`).join('')}, where one image was expected.`,
      'Export the network with the image as its only input.',
    );
  if (input.dims.length !== 4)
    throw new InputError(
      `The model's input ${describe(input)} has ${input.dims.length} axes, where an image has four: [N, C, H, W] or [N, H, W, C].`,
      'Name a network that takes images.',
    );
  const wanted = channels === 'gray' ? 1 : 3;
  const chosen = layout === 'auto' ? readLayout(input.dims, wanted) : layout === 'nhwc' ? 'NHWC' : 'NCHW';
  const [, first, second, last] = input.dims;
  const [found, height, width] = chosen === 'NCHW' ? [first, second, last] : [last, first, second];
  if (!fits(found, wanted))
    throw new InputError(
      `The model's input ${describe(input)} has ${found} channels (${chosen}), but channels: ${channels} makes ${wanted}.`,
      found === 1 || found === 3
        ? `Set channels: ${found === 1 ? 'gray' : 'rgb or bgr'}, or the layout if it is not ${chosen}.`
        : 'Set the layout (nchw or nhwc), or name a network that takes RGB or gray images.',
    );
  return { input, layout: chosen, channels: wanted, height, width };
}

/**
 * The output that holds the scores, with its inferred shape: the first of shape [N, classes], or [N, classes, 1, 1] (a network that ends in
 * a convolution and a global pool).
 *
 * @param classes prefer an output of this many scores
 * @throws InputError listing the outputs where none is of that shape
 */
export function scoresOutput(graph: Graph, classes?: number): ValueInfo {
  const shapes = inferShapes(graph);
  const outputs = graph.outputs.map((output): ValueInfo => ({ ...output, ...shapes.get(output.name) }));
  const candidates = outputs.filter(
    ({ dims }) => dims.length >= 2 && typeof dims[1] === 'number' && dims.slice(2).every((dim) => dim === 1),
  );
  const chosen = candidates.find(({ dims }) => dims[1] === classes) ?? candidates[0];
  if (chosen === undefined)
    throw new InputError(
      `No output of the model holds one row of scores per image; it has ${outputs.map(describe).join(', ')}.`,
      'Name a classifier: an output of shape [N, number of classes].',
    );
  return chosen;
}
