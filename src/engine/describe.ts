/** What a model file is, for the record: its hash, interface, size, and whether a gradient can be derived. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ModelPlan } from '../config/plan.ts';
import { InputError } from '../errors.ts';
import type { Graph } from '../onnx/graph.ts';
import { type ImageInput, imageInput, scoresOutput } from '../onnx/image-input.ts';
import { readModel } from '../onnx/read.ts';
import { explainImageSize, summarise } from '../onnx/summary.ts';
import type { ImageShape } from '../plugin/attack.ts';
import type { ModelFacts } from '../plugin/record.ts';
import { prepareGraph } from './gradient-model.ts';

export interface DescribedModel {
  facts: ModelFacts;
  shape: ImageShape;
  /** What the reader of a report must know of how it is run. */
  notes: string[];
}

/**
 * @param size [height, width] for a network with free image size
 * @throws InputError where the file cannot be read, is no image classifier, or does not take images of that size
 */
export async function describeModel(plan: ModelPlan, size?: readonly [number, number]): Promise<DescribedModel> {
  const graph = await readModel(plan.path);
  const file = basename(plan.path);
  const image = imageInput(graph, plan.preprocessing);
  const output = scoresOutput(graph);
  const shape = { channels: image.channels, ...imageSize(graph, image, file, size) };
  const { obstacles, fixedBatch } = prepareGraph(graph, plan.preprocessing, [shape.height, shape.width]);
  const { totals } = summarise(graph, [shape.height, shape.width]);
  const notes =
    fixedBatch === undefined
      ? []
      : [`${plan.name} is run in batches of ${fixedBatch.size}, which is slower: ${fixedBatch.reason}.`];
  return {
    shape,
    notes,
    facts: {
      name: plan.name,
      file,
      sha256: await hashFiles([plan.path, ...(graph.weightFiles ?? [])]),
      bytes: (await stat(plan.path)).size,
      format: 'ONNX',
      producer: graph.producer,
      opset: graph.opset,
      input: { name: image.input.name, dims: image.input.dims, layout: image.layout },
      output: { name: output.name, classes: Number(output.dims[1]) },
      parameters: totals.parameters,
      macs: totals.macs,
      preprocessing: { ...plan.preprocessing },
      gradient: obstacles.length === 0 ? { available: true } : { available: false, reason: reasonOf(obstacles) },
    },
  };
}

/** Obstacles that are named, of what can be hundreds. */
const mostObstacles = 5;

const reasonOf = (obstacles: readonly string[]) =>
  `${obstacles.slice(0, mostObstacles).join('; ')}${obstacles.length > mostObstacles ? `; and ${obstacles.length - mostObstacles} more` : ''}.`;

function imageSize(
  graph: Graph,
  { height, width }: ImageInput,
  file: string,
  asked: readonly [number, number] | undefined,
): { height: number; width: number } {
  if (typeof height !== 'number' || typeof width !== 'number') {
    if (asked !== undefined) return { height: asked[0], width: asked[1] };
    throw new InputError(
      `${file} takes images of any size, and the config does not say which to use.`,
      'Set data.size to [height, width].',
    );
  }
  if (asked !== undefined && (asked[0] !== height || asked[1] !== width)) {
    const why = explainImageSize(graph, asked);
    throw new InputError(
      `${file} takes images of ${height} by ${width}; data.size asks for ${asked[0]} by ${asked[1]}.${why === undefined ? '' : ` ${why}`}`,
      'Leave data.size out: images are brought to the size of the model, by the rule in data.resize.',
    );
  }
  return { height, width };
}

/** SHA-256 of the files one after another: of a model in one file, that file's own. */
async function hashFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) await pipeline(createReadStream(path), hash, { end: false });
  return hash.digest('hex');
}
