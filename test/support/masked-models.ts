/**
 * Classifiers that hide their gradient and are no more robust for it: one linear model, which an L∞ ball of 8/255 turns nearly
 * everywhere, behind masks that leave its decisions as they are, or nearly. Each is an ONNX file, written when asked for.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { emptyGraph, GraphBuilder, tensor } from '../../src/onnx/graph.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { createRandom } from '../../src/random.ts';

export const CLASSES = 3;
const CHANNELS = 3;
const SIDE = 8;
const SIZE = CHANNELS * SIDE * SIDE;
/** Of every pixel towards its class's pattern: patterns differ in half their pixels, so the L∞ distance to the boundary is about this. */
const SIGNAL = 5 / 255;

const pattern = (k: number): Float32Array => {
  const random = createRandom('masked models', k);
  return Float32Array.from({ length: SIZE }, () => random.sign());
};
const patterns = Array.from({ length: CLASSES }, (_, k) => pattern(k));

interface Writer {
  builder: GraphBuilder;
  /** z = W (x − ½) of a value shaped like the images. */
  logits: (images: string) => string;
}

/** Adds units that no image wakes: comparisons alone would leave no gradient to ask for, these leave one that is zero. */
const withDeadUnits = (builder: GraphBuilder, value: string, input: string, above: number): string =>
  builder.op('Add', [value, builder.op('Relu', [builder.op('Sub', [input, builder.scalar(above)])])]);

/** Images moved to the middle of their level, by comparisons alone: what Round does. */
function levelled({ builder }: Writer, images: string, levels: number): string {
  const steps = Array.from({ length: levels - 1 }, (_, i) =>
    builder.op('Cast', [builder.op('Greater', [images, builder.scalar((i + 1) / levels)])], { to: 1 }),
  );
  const level = steps.reduce((sum, step) => builder.op('Add', [sum, step]));
  return builder.op('Div', [builder.op('Add', [level, builder.scalar(0.5)]), builder.scalar(levels)]);
}

/** The same, with a gradient that exists and is zero. */
const quantised = (writer: Writer, images: string, levels: number): string =>
  withDeadUnits(writer.builder, levelled(writer, images, levels), images, 2);

/** One channel for each threshold, with each pixel's weight on all of them. */
function thermometer({ builder }: Writer, images: string, levels: number): string {
  const codes = Array.from({ length: levels }, (_, i) => {
    const above = builder.op('Greater', [images, builder.scalar((i + 0.5) / levels)]);
    return withDeadUnits(builder, builder.op('Cast', [above], { to: 1 }), images, 2);
  });
  const encoded = builder.op('Flatten', [builder.op('Concat', codes, { axis: 1 })], { axis: 1 });
  const weights = new Float32Array(levels * SIZE * CLASSES);
  for (let row = 0; row < levels * SIZE; row++)
    for (let k = 0; k < CLASSES; k++) weights[row * CLASSES + k] = patterns[k][row % SIZE] / levels;
  const bias = patterns.map((row) => -row.reduce((sum, weight) => sum + weight / 2, 0));
  return builder.op('Gemm', [
    encoded,
    builder.constant(tensor.float32([levels * SIZE, CLASSES], weights)),
    builder.constant(tensor.float32([CLASSES], bias)),
  ]);
}

/** How many of the other classes each class beats, every comparison a sigmoid too steep for float32. */
function saturatedSigmoid({ builder, logits }: Writer, images: string): string {
  const differences = new Float32Array(CLASSES * CLASSES * CLASSES);
  const wins = new Float32Array(CLASSES * CLASSES * CLASSES);
  for (let i = 0; i < CLASSES; i++) {
    for (let j = 0; j < CLASSES; j++) {
      const pair = i * CLASSES + j;
      if (i !== j) {
        differences[i * CLASSES * CLASSES + pair] += 1000;
        differences[j * CLASSES * CLASSES + pair] -= 1000;
        wins[pair * CLASSES + i] = 1;
      }
    }
  }
  const constant = (dims: number[], data: Float32Array) => builder.constant(tensor.float32(dims, data));
  const compared = builder.op('MatMul', [logits(images), constant([CLASSES, CLASSES ** 2], differences)]);
  return builder.op('MatMul', [builder.op('Sigmoid', [compared]), constant([CLASSES ** 2, CLASSES], wins)]);
}

function plateau({ builder, logits }: Writer, images: string): string {
  const z = logits(images);
  const largest = builder.op('ReduceMax', [z, builder.shape(1)], { keepdims: 1 });
  const winner = builder.op('Cast', [builder.op('GreaterOrEqual', [z, largest])], { to: 1 });
  return withDeadUnits(builder, builder.op('Mul', [winner, builder.scalar(10)]), z, 1e6);
}

const scaled = ({ builder, logits }: Writer, images: string, by: number) =>
  builder.op('Mul', [logits(images), builder.scalar(by)]);

const masks = {
  plain: (writer, images) => writer.logits(images),
  'quantised-inputs': (writer, images) => writer.logits(quantised(writer, images, 64)),
  'scaled-logits': (writer, images) => scaled(writer, images, 1000),
  'softmax-outputs': (writer, images) => writer.builder.op('Softmax', [scaled(writer, images, 200)], { axis: 1 }),
  thermometer: (writer, images) => thermometer(writer, images, 64),
  'saturated-sigmoid': saturatedSigmoid,
  plateau,
  /** So few levels that noise of a few pixel values turns the answer. */
  'coarse-inputs': (writer, images) => writer.logits(quantised(writer, images, 2)),
  /** Refused where gradients are needed: comparisons have a derivative of zero, and there is nothing else. */
  'compared-inputs': (writer, images) => writer.logits(levelled(writer, images, 64)),
  /** Likewise: the operator itself says that it has none. */
  'rounded-inputs': (writer, images) => {
    const { builder } = writer;
    const levels = builder.scalar(64);
    return writer.logits(builder.op('Div', [builder.op('Round', [builder.op('Mul', [images, levels])]), levels]));
  },
} satisfies Record<string, (writer: Writer, images: string) => string>;

export type Mask = keyof typeof masks;

export function maskedModel(mask: Mask): Uint8Array {
  const graph = emptyGraph(mask, 18);
  const builder = new GraphBuilder(graph);
  builder.input('images', 'float32', ['N', CHANNELS, SIDE, SIDE]);
  const weights = Float32Array.from(
    { length: SIZE * CLASSES },
    (_, i) => patterns[i % CLASSES][Math.floor(i / CLASSES)],
  );
  const bias = patterns.map((row) => -row.reduce((sum, weight) => sum + weight / 2, 0));
  const logits = (images: string) =>
    builder.op('Gemm', [
      builder.op('Flatten', [images], { axis: 1 }),
      builder.constant(tensor.float32([SIZE, CLASSES], weights)),
      builder.constant(tensor.float32([CLASSES], bias)),
    ]);
  const output = masks[mask]({ builder, logits }, 'images');
  graph.outputs = [{ name: output, type: 'float32', dims: ['N', CLASSES] }];
  return writeModel(graph);
}

/** Writes models as `<mask>.onnx`, and as many images of each class into `images/`; mean-free noise around grey plus the class's pattern. */
export async function writeMaskedModels(
  folder: string,
  wanted: readonly Mask[],
  imagesPerClass: number,
): Promise<void> {
  for (const mask of wanted) await writeFile(join(folder, `${mask}.onnx`), maskedModel(mask));
  for (let k = 0; k < CLASSES; k++) {
    const place = join(folder, 'images', `class-${k}`);
    await mkdir(place, { recursive: true });
    for (let i = 0; i < imagesPerClass; i++) {
      const random = createRandom('masked images', k, i);
      const pixels = new Uint8Array(SIZE);
      for (let p = 0; p < SIDE * SIDE; p++)
        for (let c = 0; c < CHANNELS; c++) {
          const value = 0.5 + SIGNAL * patterns[k][c * SIDE * SIDE + p] + random.uniform(-0.05, 0.05);
          pixels[p * CHANNELS + c] = Math.round(255 * value);
        }
      await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: CHANNELS } })
        .png()
        .toFile(join(place, `${String(i).padStart(2, '0')}.png`));
    }
  }
}
