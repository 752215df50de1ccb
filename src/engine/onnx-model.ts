/**
 * An ONNX file behind the door that every model has. Up to three sessions, each opened when first asked for: the file exactly
 * as shipped, which judges; the same network with its batch freed, which answers score queries where the file's batch is fixed;
 * and the gradient graph.
 */
import type { ModelPlan, Preprocessing } from '../config/plan.ts';
import { lossNamed } from '../loss/index.ts';
import type { Graph } from '../onnx/graph.ts';
import { imageInput, scoresOutput } from '../onnx/image-input.ts';
import { IMAGES } from '../onnx/preprocess.ts';
import { readModel } from '../onnx/read.ts';
import type { ImageShape } from '../plugin/attack.ts';
import type { Goal } from '../plugin/goal.ts';
import type { LossDefinition } from '../plugin/loss.ts';
import { BatchedSession } from './batched-session.ts';
import {
  type GradientGraph,
  type GraphLoss,
  gradientGraph,
  type PreparedGraph,
  prepareGraph,
  weightedLogits,
} from './gradient-model.ts';
import { pixelWriter } from './pixels.ts';
import { openGraph, openSession, type SessionOptions } from './session.ts';

export interface OpenOptions {
  threads: number;
  batchSize: number;
  /** Image shape of the run. */
  shape: ImageShape;
}

/** One row of a gradient batch. */
export interface GradientRow {
  point: Float32Array;
  loss: string | LossDefinition;
  goal: Goal;
}

export interface GradientResult {
  /** Logits, [classes]. */
  scores: Float32Array;
  loss: number;
  /** d loss / d point, planar like the point. */
  gradient: Float32Array;
}

type EncodableLoss = Pick<GraphLoss, 'name' | 'graph'>;

type Runner = (points: readonly Float32Array[]) => Promise<Float32Array[]>;

interface ShippedFile {
  runner: Runner;
  close(): Promise<void>;
  batchIsFree: boolean;
}

export class OnnxModel {
  readonly classes: number;
  readonly #options: OpenOptions;
  readonly #prepared: PreparedGraph;
  readonly #shipped: ShippedFile;
  #forward: BatchedSession | undefined;
  #gradient: { graph: GradientGraph; losses: EncodableLoss[]; session: BatchedSession } | undefined;

  private constructor(options: OpenOptions, prepared: PreparedGraph, shipped: ShippedFile, classes: number) {
    this.#options = options;
    this.#prepared = prepared;
    this.#shipped = shipped;
    this.classes = classes;
  }

  /** @throws InputError where the file cannot be read or is no image classifier */
  static async open(plan: ModelPlan, options: OpenOptions): Promise<OnnxModel> {
    const graph = await readModel(plan.path);
    const { height, width } = options.shape;
    const prepared = prepareGraph(graph, plan.preprocessing, [height, width]);
    const { input, layout } = imageInput(graph, plan.preprocessing);
    const output = scoresOutput(graph);
    const classes = Number(output.dims[1]);
    const [batch] = input.dims;
    const fixed = typeof batch === 'number' ? batch : prepared.fixedBatch?.size;
    const threads = fixed === 1 ? 1 : options.threads;
    const open = (dims: number[], name: string) =>
      openSession(plan.path, { threads }).then(
        (session) => new BatchedSession(session, [{ name, dims }], { fixed, most: options.batchSize }),
      );
    if (input.type !== 'float32' || output.type !== 'float32') {
      // Tensors of other types are written by operators in front of the network.
      const session = await forwardSession(prepared, options);
      return new OnnxModel(
        options,
        prepared,
        { runner: imagesRunner(session, prepared), close: () => session.close(), batchIsFree: true },
        classes,
      );
    }
    const { channels } = options.shape;
    const session = await open(layout === 'NCHW' ? [channels, height, width] : [height, width, channels], input.name);
    const write = pixelWriter(options.shape, plan.preprocessing, layout);
    const size = channels * height * width;
    const runner: Runner = async (points) => {
      const [rows] = await session.run(points.length, ([buffer], at, i) => write(points[i], buffer, at * size), [
        output.name,
      ]);
      return rows;
    };
    const close = () => session.close();
    return new OnnxModel(options, prepared, { runner, close, batchIsFree: typeof batch !== 'number' }, classes);
  }

  /**
   * A network that is still being made, and so has no file: the prepared graph itself judges, in a session that the first question for scores opens.
   *
   * @throws InputError where the graph is no image classifier
   */
  static ofGraph(graph: Graph, preprocessing: Preprocessing, options: OpenOptions): OnnxModel {
    const { height, width } = options.shape;
    const prepared = prepareGraph(graph, preprocessing, [height, width]);
    let session: Promise<BatchedSession> | undefined;
    const runner: Runner = async (points) => {
      session ??= forwardSession(prepared, options);
      return imagesRunner(await session, prepared)(points);
    };
    const close = async () => (await session)?.close();
    return new OnnxModel(
      options,
      prepared,
      { runner, close, batchIsFree: true },
      Number(prepared.graph.outputs[0].dims[1]),
    );
  }

  /** Logits by the file exactly as shipped. */
  judge(points: readonly Float32Array[]): Promise<Float32Array[]> {
    return this.#shipped.runner(points);
  }

  /** Logits for score and decision queries: by the shipped file too, unless its batch is fixed. */
  async scores(points: readonly Float32Array[]): Promise<Float32Array[]> {
    if (this.#shipped.batchIsFree) return this.judge(points);
    this.#forward ??= await forwardSession(this.#prepared, this.#options);
    return imagesRunner(this.#forward, this.#prepared)(points);
  }

  /** Logits, loss and input gradient of each row. Rows of different losses share a batch. */
  async gradients(rows: readonly GradientRow[]): Promise<GradientResult[]> {
    const losses = rows.map(({ loss }) => (typeof loss === 'string' ? lossNamed(loss) : loss));
    const values = new Map<number, number>();
    const encoded = await this.#encode(rows, losses, values);
    const { graph, losses: known, session } = await this.#gradientSession(encoded.map(({ loss }) => loss));
    const size = rows[0].point.length;
    const { classes } = this;
    const [scores, loss, gradients] = await session.run(
      rows.length,
      ([images, ...inputs], at, i) => {
        images.set(rows[i].point, at * size);
        let next = 0;
        for (const [j, { name }] of known.entries()) {
          for (let r = 0; r < graph.rowInputs[j].length; r++) {
            if (name === encoded[i].loss.name) inputs[next].set(encoded[i].rows[r], at * classes);
            else inputs[next].fill(0, at * classes, (at + 1) * classes);
            next++;
          }
        }
      },
      graph.outputs,
    );
    return rows.map((_, i) => ({
      scores: scores[i],
      loss: values.get(i) ?? loss[i][0],
      gradient: gradients[i],
    }));
  }

  async close(): Promise<void> {
    await this.#shipped.close();
    await this.#forward?.close();
    await this.#gradient?.session.close();
  }

  /** Each row's loss in graph form. One that has none costs a forward pass for its cotangent; its value goes to `values`. */
  async #encode(rows: readonly GradientRow[], losses: readonly LossDefinition[], values: Map<number, number>) {
    const plain = losses.flatMap((loss, i) => (loss.graph === undefined ? [i] : []));
    const logits = plain.length === 0 ? [] : await this.scores(plain.map((i) => rows[i].point));
    return losses.map((loss, i) => {
      const { goal } = rows[i];
      if (loss.graph !== undefined) return { loss: loss as GraphLoss, rows: loss.graph.encode(goal, this.classes) };
      const own = logits[plain.indexOf(i)];
      values.set(i, loss.value(own, goal));
      return { loss: weightedLogits, rows: [loss.cotangent(own, goal)] };
    });
  }

  /** A session that knows the given losses; one that meets a new loss is built again with it. */
  async #gradientSession(losses: readonly EncodableLoss[]) {
    const known = new Map(this.#gradient?.losses.map((loss) => [loss.name, loss]));
    const before = known.size;
    for (const loss of losses) known.set(loss.name, loss);
    if (this.#gradient !== undefined && known.size === before) return this.#gradient;
    await this.#gradient?.session.close();
    const all = [...known.values()];
    const graph = gradientGraph(this.#prepared.graph, all, this.classes);
    const session = new BatchedSession(
      await openGraph(graph.graph, sessionOptions(this.#prepared, this.#options)),
      [
        { name: IMAGES, dims: shapeDims(this.#options.shape) },
        ...graph.rowInputs.flat().map((name) => ({ name, dims: [this.classes] })),
      ],
      { fixed: this.#prepared.fixedBatch?.size, most: this.#options.batchSize },
    );
    this.#gradient = { graph, losses: all, session };
    return this.#gradient;
  }
}

/** A batch of one may be split over threads in another way than a larger one; with one thread there is one way. */
const sessionOptions = ({ fixedBatch }: PreparedGraph, { threads }: OpenOptions): SessionOptions => ({
  threads: fixedBatch?.size === 1 ? 1 : threads,
});

const shapeDims = ({ channels, height, width }: ImageShape): number[] => [channels, height, width];

async function forwardSession(prepared: PreparedGraph, options: OpenOptions): Promise<BatchedSession> {
  return new BatchedSession(
    await openGraph(prepared.graph, sessionOptions(prepared, options)),
    [{ name: IMAGES, dims: shapeDims(options.shape) }],
    { fixed: prepared.fixedBatch?.size, most: options.batchSize },
  );
}

/** Runs a prepared graph, whose input is the image as it is. */
function imagesRunner(session: BatchedSession, { graph }: PreparedGraph): Runner {
  return async (points) => {
    const [rows] = await session.run(points.length, ([images], at, i) => images.set(points[i], at * points[i].length), [
      graph.outputs[0].name,
    ]);
    return rows;
  };
}
