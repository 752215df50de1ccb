/**
 * What one thread of training does: makes the images of a portion (augmented, then attacked), and runs the step's graph on them; or
 * evaluates held-out images. Everything it needs to know comes with the request or lies in shared memory, so that which thread
 * does which portion changes no result.
 */

import { drive } from '../collect/drive.ts';
import type { HarnessAsking } from '../collect/questions.ts';
import { readImage } from '../dataset/image.ts';
import { OnnxModel } from '../engine/onnx-model.ts';
import { oracleOf } from '../engine/oracle.ts';
import * as ort from '../engine/runtime.ts';
import { openGraph } from '../engine/session.ts';
import { argmax } from '../goal/index.ts';
import type { InnerAttack, LoopNeeds, ObjectiveDefinition, View } from '../plugin/objective.ts';
import type { ScoresAnswer } from '../plugin/questions.ts';
import { loadPlugins, type Plugins } from '../plugins.ts';
import { createRandom } from '../random.ts';
import { augment } from './augmentation/index.ts';
import { type Blend, blended, blendOf } from './augmentation/mixup.ts';
import { DecodedImages } from './decoded-images.ts';
import { type Inner, strengthened } from './inner-attack.ts';
import { type PortionLabels, portionLabels } from './labels.ts';
import { type Layout, layoutOf, namedValues } from './layout.ts';
import { withValues } from './network.ts';
import { ascendPerturbations, replayed } from './replay.ts';
import { type StepGraph, stepGraph } from './step-graph.ts';
import type {
  EvaluationRequest,
  EvaluationResult,
  PortionRequest,
  PortionResult,
  TrainingExample,
  TrainingTask,
} from './task.ts';

type Images = Record<View, readonly Float32Array[]>;

export class PortionRunner {
  readonly #task: TrainingTask;
  readonly #plugins: Plugins;
  readonly #objective: { definition: ObjectiveDefinition; options: unknown };
  readonly #loop: LoopNeeds;
  readonly #step: StepGraph;
  readonly #session: ort.InferenceSession;
  readonly #layout: Layout;
  readonly #images: DecodedImages;
  #current: { version: number; model: OnnxModel } | undefined;

  private constructor(
    task: TrainingTask,
    plugins: Plugins,
    objective: { definition: ObjectiveDefinition; options: unknown },
    step: StepGraph,
    session: ort.InferenceSession,
  ) {
    this.#task = task;
    this.#plugins = plugins;
    this.#objective = objective;
    this.#loop = objective.definition.loop?.(objective.options) ?? {};
    this.#step = step;
    this.#session = session;
    this.#layout = layoutOf(task.network);
    this.#images = new DecodedImages(task.images, task.shape);
  }

  static async open(task: TrainingTask): Promise<PortionRunner> {
    const plugins = await loadPlugins(task.pluginFiles, '/');
    const { name, options } = task.objective;
    const objective = { definition: await plugins.objective(name), options };
    const { preprocessing, shape, classes, portion, threads } = task;
    const imageGradients = objective.definition.loop?.(options).replay !== undefined;
    const step = stepGraph(task.network, objective, { preprocessing, shape, classes, batch: portion, imageGradients });
    return new PortionRunner(task, plugins, objective, step, await openGraph(step.graph, { threads }));
  }

  /** Leaves the gradient and the batch's statistics in the shared memory of the request's slot. */
  async portion(request: PortionRequest): Promise<PortionResult> {
    const images = await this.#imagesOf(request);
    const { distributions, leading } = this.#labelsOf(request);
    const { weights: shared, gradients, batchStatistics } = this.#task.shared;
    const { classes, portion } = this.#task;
    const weights = new Float32Array(shared);
    const feeds: Record<string, ort.Tensor> = {
      [this.#step.labels]: new ort.Tensor('float32', distributions, [portion, classes]),
      [this.#step.weights]: new ort.Tensor('float32', Float32Array.from(request.weights), [portion, 1]),
    };
    for (const { name, dims, start, end } of this.#layout.parameters)
      feeds[name] = new ort.Tensor('float32', weights.slice(start, end), dims);
    for (const [view, name] of Object.entries(this.#step.images)) feeds[name] = this.#batchTensor(images[view as View]);
    const results = await this.#session.run(feeds);
    const floats = (name: string) => results[name].data as Float32Array;

    const gradient = new Float32Array(gradients[request.slot]);
    for (const [place, { start }] of this.#layout.parameters.entries())
      gradient.set(floats(this.#step.gradients[place]), start);
    const statistics = new Float32Array(batchStatistics[request.slot]);
    for (const [place, views] of this.#step.statistics.entries()) {
      for (const [view, { mean, variance, count }] of views.entries()) {
        const offset = view * this.#layout.statisticCount;
        statistics.set(floats(mean), offset + this.#layout.statistics[2 * place].start);
        // Running variances are kept with n − 1, as PyTorch does; the batch's own divide by n.
        const unbiased = floats(variance).map((value) => (value * count) / Math.max(1, count - 1));
        statistics.set(unbiased, offset + this.#layout.statistics[2 * place + 1].start);
      }
    }
    const { adversarial } = this.#step.imageGradients ?? {};
    if (this.#loop.replay !== undefined && adversarial !== undefined) {
      const perturbations = new Float32Array(this.#task.shared.perturbations[request.slot]);
      ascendPerturbations(perturbations, images.clean, floats(adversarial), this.#loop.replay.epsilon);
    }
    return {
      losses: [...floats(this.#step.losses)],
      correct: Object.values(this.#step.logits).map((name) => {
        const logits = floats(name);
        return leading.filter((label, row) => argmax(logits.subarray(row * classes, (row + 1) * classes)) === label)
          .length;
      }),
    };
  }

  async evaluate({ version, examples, attack }: EvaluationRequest): Promise<EvaluationResult> {
    const model = await this.#modelAt(version);
    const inner = attack && (await this.#inner(attack));
    const predictions: number[] = [];
    const fallen: boolean[] = [];
    const { seed, shape, classes } = this.#task;
    const example = (image: Float32Array, { id, label }: TrainingExample) => ({
      image,
      label,
      shape,
      classes,
      key: [seed, 'selection', id],
      stop: 'success' as const,
    });
    function* judged(image: Float32Array, of: TrainingExample, place: number): HarnessAsking<void> {
      const predictionOf = function* (point: Float32Array): HarnessAsking<number> {
        return argmax(((yield { ask: 'scores', points: [point] }) as ScoresAnswer).scores[0]);
      };
      predictions[place] = yield* predictionOf(image);
      if (inner === undefined) return;
      fallen[place] = predictions[place] !== of.label;
      if (fallen[place]) return;
      fallen[place] = (yield* predictionOf(yield* strengthened(inner, example(image, of)))) !== of.label;
    }
    await this.#drive(examples.length, model, async (place) => {
      const index = examples[place];
      return judged(await this.#image(index), this.#task.examples[index], place);
    });
    return { predictions, ...(inner && { fallen }) };
  }

  async close(): Promise<void> {
    await this.#session.release();
    await this.#current?.model.close();
  }

  /** Augmented and blended images, and what replayed perturbations or the objective's attack make of them. */
  async #imagesOf(request: PortionRequest): Promise<Images> {
    const clean = await this.#cleanOf(request);
    const { adversaries, perturbations } = this.#task.shared;
    if (this.#loop.replay !== undefined)
      return { clean, adversarial: replayed(clean, new Float32Array(perturbations[request.slot])) };
    const plan = this.#objective.definition.attack?.(this.#objective.options);
    if (plan === undefined) return { clean, adversarial: clean };
    // What is kept lies in shared memory: the second pass of a portion may be another thread's.
    const size = clean[0].length;
    const kept = new Float32Array(adversaries[request.slot]);
    if (request.adversaries === 'kept')
      return { clean, adversarial: clean.map((_, row) => kept.subarray(row * size, (row + 1) * size)) };
    const adversarial = await this.#attacked(plan, clean, request);
    if (request.adversaries === 'keep') for (const [row, image] of adversarial.entries()) kept.set(image, row * size);
    return { clean, adversarial };
  }

  async #cleanOf(request: PortionRequest): Promise<Float32Array[]> {
    const { shape, augmentation } = this.#task;
    const augmented = await Promise.all(
      request.examples.map(async (index) =>
        augment(
          await this.#image(index),
          shape,
          augmentation,
          createRandom(...this.#keyOf(request, index), 'augmentation'),
        ),
      ),
    );
    const blends = this.#blendsOf(request);
    return (
      blends?.map(({ partner, share }, place) => blended(augmented[place], augmented[partner], share)) ?? augmented
    );
  }

  async #attacked(plan: InnerAttack, clean: readonly Float32Array[], request: PortionRequest): Promise<Float32Array[]> {
    const inner = await this.#inner(plan);
    const { shape, classes } = this.#task;
    const { leading } = this.#labelsOf(request);
    const adversarial: Float32Array[] = [];
    function* made(place: number, key: (string | number)[]): HarnessAsking<void> {
      const example = { image: clean[place], label: leading[place], shape, classes, key, stop: 'budget' as const };
      adversarial[place] = yield* strengthened(inner, example);
    }
    const { examples, version } = request;
    await this.#drive(examples.length, await this.#modelAt(version), async (place) =>
      made(place, this.#keyOf(request, examples[place])),
    );
    return adversarial;
  }

  /** What the randomness of an example is keyed by in the request's epoch. */
  #keyOf({ epoch }: PortionRequest, index: number): (string | number)[] {
    return [this.#task.seed, epoch, this.#task.examples[index].id];
  }

  #blendsOf(request: PortionRequest): Blend[] | undefined {
    const { mixup } = this.#task.augmentation;
    if (mixup === undefined) return undefined;
    return request.examples.map((index) =>
      blendOf(mixup, request.examples.length, createRandom(...this.#keyOf(request, index), 'mixup')),
    );
  }

  #labelsOf(request: PortionRequest): PortionLabels {
    const { classes, labelSmoothing, examples } = this.#task;
    const labels = request.examples.map((index) => examples[index].label);
    return portionLabels(labels, this.#blendsOf(request), classes, labelSmoothing);
  }

  async #inner(plan: InnerAttack): Promise<Inner> {
    const definition = await this.#plugins.attack(plan.attack);
    return { plan, definition, options: definition.options.parse(plan.options) };
  }

  async #drive(
    count: number,
    model: OnnxModel,
    generatorAt: (place: number) => Promise<HarnessAsking<void>>,
  ): Promise<void> {
    let next = 0;
    const noOther = () => Promise.reject(new Error('an inner attack asked another model'));
    await drive(async () => (next < count ? generatorAt(next++) : undefined), oracleOf(model, noOther), {
      batchSize: this.#task.portion,
    });
  }

  /** The network in evaluation mode at the shared weights. */
  async #modelAt(version: number): Promise<OnnxModel> {
    if (this.#current?.version === version) return this.#current.model;
    await this.#current?.model.close();
    const { network, preprocessing, shape, threads, portion, shared } = this.#task;
    const values = namedValues(
      this.#layout,
      new Float32Array(shared.weights).slice(),
      new Float32Array(shared.statistics).slice(),
    );
    const graph = withValues(network.graph, values);
    const model = OnnxModel.ofGraph(graph, preprocessing, { threads, batchSize: portion, shape });
    this.#current = { version, model };
    return model;
  }

  async #image(index: number): Promise<Float32Array> {
    return this.#images.at(index) ?? readImage(this.#task.examples[index].file, this.#task.decode);
  }

  #batchTensor(images: readonly Float32Array[]): ort.Tensor {
    const { channels, height, width } = this.#task.shape;
    const size = channels * height * width;
    const data = new Float32Array(images.length * size);
    for (const [row, image] of images.entries()) data.set(image, row * size);
    return new ort.Tensor('float32', data, [images.length, channels, height, width]);
  }
}
