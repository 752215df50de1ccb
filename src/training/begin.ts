/** Brings a plan to the point where training can begin: network, data, shared memory and threads. */
import type { Dataset } from '../dataset/dataset.ts';
import { openDataset } from '../dataset/open.ts';
import { hashDataset } from '../dataset/verify.ts';
import { engineFor } from '../engine/machine.ts';
import { InputError } from '../errors.ts';
import type { Graph } from '../onnx/graph.ts';
import { imageInput, scoresOutput } from '../onnx/image-input.ts';
import { readModel } from '../onnx/read.ts';
import type { ImageShape } from '../plugin/attack.ts';
import type { LoopNeeds, ObjectiveDefinition } from '../plugin/objective.ts';
import { loadPlugins } from '../plugins.ts';
import { quote } from '../quote.ts';
import { split } from './batches.ts';
import { dataShape } from './data-shape.ts';
import { DecodedImages } from './decoded-images.ts';
import type { Fit } from './fit.ts';
import { groupsOf } from './group-weights.ts';
import { heldOutOf } from './guard.ts';
import { type Layout, layoutOf } from './layout.ts';
import { initialised, type TrainableNetwork, trainableNetwork, valuesOf } from './network.ts';
import { buildNetwork } from './networks/index.ts';
import type { TrainingPlan } from './plan.ts';
import { measureFor } from './selection.ts';
import { atStart, type TrainingState } from './state.ts';
import type { SharedState, TrainingTask } from './task.ts';
import { Team } from './team.ts';

export interface Begun {
  fit: Fit;
  network: TrainableNetwork;
  dataset: Dataset;
  /** SHA-256 over ids, labels, groups and decoded pixels. */
  dataHash: string;
  /** Before the first step. */
  start: TrainingState;
}

/** @throws InputError where the network cannot be trained, or the data do not fit it or are fewer than one batch */
export async function begin(plan: TrainingPlan): Promise<Begun> {
  const { network, shape, classes } = await networkOf(plan);
  const dataset = await openDataset(plan.data, { shape, logits: classes });
  const { shape: imageShape } = dataset.decode;
  const images = DecodedImages.for(dataset.examples.length, imageShape);
  const dataHash = await hashDataset(dataset, { onImage: (index, image) => images.keep(index, image) });
  const parts = split(dataset.examples, plan.heldOut, plan.seed);
  if (parts.training.length < plan.batchSize)
    throw new InputError(
      `The data hold ${parts.training.length} images to train on, and a batch takes ${plan.batchSize}.`,
      'Set a smaller batch-size, or hold out less.',
    );
  if (parts.heldOut.length === 0)
    throw new InputError(
      'No class has two images, so that none can be held out to select the checkpoint by.',
      'Give each class more images.',
    );
  const layout = layoutOf(network);
  const plugins = await loadPlugins(plan.pluginFiles, '/');
  const objective = await plugins.objective(plan.objective.name);
  const loop = loopOf(objective, plan.objective.options);
  const groups =
    loop.groupWeights &&
    groupsOf(loop.groupWeights, dataset.examples, {
      training: parts.training,
      columns: dataset.groupColumns,
      classes: dataset.classes,
    });
  const { channels, height, width } = imageShape;
  const shared = sharedState(layout, {
    portions: plan.batchSize / plan.portion,
    views: objective.views.length,
    adversaries: loop.weightPerturbation ? plan.portion * channels * height * width : 0,
    perturbations: loop.replay ? plan.portion * channels * height * width : 0,
  });
  const { workers, threads } = engineFor(plan.engine, 0, imageShape);
  const task: TrainingTask = {
    network,
    preprocessing: plan.preprocessing,
    shape: imageShape,
    classes,
    objective: plan.objective,
    portion: plan.portion,
    augmentation: plan.augmentation,
    labelSmoothing: plan.labelSmoothing,
    seed: plan.seed,
    pluginFiles: plan.pluginFiles,
    decode: dataset.decode,
    images: images.memory,
    examples: dataset.examples.map(({ id, label, file }) => ({ id, label, file })),
    threads,
    shared,
  };
  return {
    fit: {
      plan,
      layout,
      team: await Team.open(task, workers),
      shared,
      views: objective.views.length,
      loop,
      measure: measureFor(objective, plan.objective.options, loop),
      groups,
      examples: dataset.examples,
      groupColumns: dataset.groupColumns,
      parts,
      heldOut: heldOutOf(parts.heldOut.map((index) => dataset.examples[index].label)),
    },
    network,
    dataset,
    dataHash,
    start: startOf(network, layout),
  };
}

async function networkOf(
  plan: TrainingPlan,
): Promise<{ network: TrainableNetwork; shape: ImageShape; classes: number }> {
  const { network: source, preprocessing, data, seed } = plan;
  if ('family' in source) {
    const { classes, height, width } = await dataShape(data);
    const channels = preprocessing.channels === 'gray' ? 1 : 3;
    const graph = buildNetwork(source.family, { channels, classes, seed });
    return { network: trainableNetwork(graph), shape: { channels, height, width }, classes };
  }
  const shipped = await readModel(source.file);
  const network = trainableNetwork(shipped, source.scope);
  const { channels, height, width } = imageInput(shipped, preprocessing);
  const [tall, broad] = data.size ?? [height, width];
  if (typeof tall !== 'number' || typeof broad !== 'number')
    throw new InputError(
      'The network takes images of any size, and the data name none.',
      'Set data.size to [height, width].',
    );
  return {
    network: source.initialise ? initialised(network, seed) : network,
    shape: { channels, height: tall, width: broad },
    classes: Number(classesOf(shipped)),
  };
}

const classesOf = (graph: Graph) => scoresOutput(graph).dims[1];

function startOf(network: TrainableNetwork, layout: Layout): TrainingState {
  const flat = (slots: Layout['parameters'], length: number) => {
    const values = new Float32Array(length);
    for (const { name, start } of slots) values.set(valuesOf(network, name), start);
    return values;
  };
  return {
    weights: flat(layout.parameters, layout.parameterCount),
    statistics: flat(layout.statistics, layout.statisticCount),
    position: atStart(),
    buffers: [],
    carried: {},
    average: undefined,
    curves: [],
    best: undefined,
  };
}

/** @throws InputError where needs exclude one another */
function loopOf(objective: ObjectiveDefinition, options: unknown): LoopNeeds {
  const loop = objective.loop?.(options) ?? {};
  if (loop.replay && (loop.weightPerturbation || objective.attack?.(options)))
    throw new InputError(
      `The objective ${quote(objective.name)} replays perturbations and asks for an inner attack or a weight perturbation too.`,
      'A replay takes the place of both: drop one of them in the plugin.',
    );
  return loop;
}

interface SharedSizes {
  portions: number;
  views: number;
  /** Values that a portion keeps. */
  adversaries: number;
  perturbations: number;
}

function sharedState(layout: Layout, { portions, views, adversaries, perturbations }: SharedSizes): SharedState {
  const floats = (count: number) => new SharedArrayBuffer(4 * count);
  const each = (count: number) => Array.from({ length: portions }, () => floats(count));
  return {
    weights: floats(layout.parameterCount),
    statistics: floats(layout.statisticCount),
    gradients: each(layout.parameterCount),
    batchStatistics: each(layout.statisticCount * views),
    adversaries: each(adversaries),
    perturbations: each(perturbations),
  };
}
