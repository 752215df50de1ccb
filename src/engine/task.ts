/** One worker's task as plain data, and how it is carried out: the same code in this thread and in a worker thread. */
import { type Fitted, fit } from '../collect/fit.ts';
import type { Half } from '../collect/halves.ts';
import type { HarnessOracle } from '../collect/questions.ts';
import { type PendingExample, runShare, type ShareHooks } from '../collect/share.ts';
import type { ModelPlan, SeriesPlan } from '../config/plan.ts';
import type { DecodePlan } from '../dataset/dataset.ts';
import { readImage } from '../dataset/image.ts';
import type { ImageShape } from '../plugin/attack.ts';
import { loadPlugins } from '../plugins.ts';
import { OnnxModel } from './onnx-model.ts';
import { oracleOf } from './oracle.ts';

export interface CollectTask {
  model: ModelPlan;
  /** Models that attacks may ask beside it. */
  surrogates?: readonly ModelPlan[];
  shape: ImageShape;
  series: readonly SeriesPlan[];
  /** Absolute paths of the user's plugin files. */
  pluginFiles: readonly string[];
  seed: number;
  modelProbe?: { gradient: boolean };
  /** What attacks of the series made on one half of the data for the other. */
  fitted?: readonly Fitted[];
  decode: DecodePlan;
  examples: readonly PendingExample[];
  /** A shared Int32: the next example nobody has taken. */
  counter: SharedArrayBuffer;
  threads: number;
  batchSize: number;
  /** Most examples to hold at once; any number if absent. */
  mostHeld?: number;
}

export async function runTask(task: CollectTask, hooks: ShareHooks, signal?: AbortSignal): Promise<void> {
  const plugins = await loadPlugins(task.pluginFiles, '/');
  const series = await Promise.all(
    task.series.map(async (plan) => ({ plan, attack: await plugins.attack(plan.attack) })),
  );
  const { oracle, close } = await openOracle(task);
  try {
    await runShare(
      {
        context: {
          model: task.model.name,
          series,
          seed: task.seed,
          shape: task.shape,
          ...(task.fitted && { fitted: task.fitted }),
          ...(task.modelProbe && { modelProbe: task.modelProbe }),
        },
        examples: task.examples,
        decode: task.decode,
        batchSize: task.batchSize,
        mostHeld: task.mostHeld,
        counter: new Int32Array(task.counter),
        signal,
      },
      oracle,
      hooks,
    );
  } finally {
    await close();
  }
}

type EngineTask = Pick<CollectTask, 'model' | 'surrogates' | 'shape' | 'threads' | 'batchSize'>;

/** The audited model, and the surrogates as they are first asked for. */
async function openOracle(task: EngineTask): Promise<{ oracle: HarnessOracle; close: () => Promise<void> }> {
  const { threads, batchSize, shape } = task;
  const open = (plan: ModelPlan) => OnnxModel.open(plan, { threads, batchSize, shape });
  const model = await open(task.model);
  const surrogates = new Map<string, Promise<OnnxModel>>();
  const surrogate = (name: string): Promise<OnnxModel> => {
    const plan = task.surrogates?.find((one) => one.name === name);
    if (plan === undefined) throw new Error(`an attack asked the model '${name}', which the run does not have`);
    const opened = surrogates.get(name) ?? open(plan);
    surrogates.set(name, opened);
    return opened;
  };
  return {
    oracle: oracleOf(model, surrogate),
    async close() {
      await model.close();
      for (const opened of surrogates.values()) await (await opened).close();
    },
  };
}

/** What is to be learnt: one attack at one ε from one half of the data. */
export interface FitRequest {
  series: SeriesPlan;
  epsilon: SeriesPlan['epsilons'][number];
  half: Half;
}

/** The examples of a half as an attack learns from them. */
export type FitTask = EngineTask &
  Pick<CollectTask, 'pluginFiles' | 'seed' | 'decode'> & {
    request: FitRequest;
    examples: readonly Pick<PendingExample, 'id' | 'label' | 'file'>[];
  };

export async function runFit(task: FitTask, signal?: AbortSignal): Promise<Fitted> {
  const { request, seed, shape, decode, batchSize } = task;
  const { series: plan, epsilon, half } = request;
  const attack = await (await loadPlugins(task.pluginFiles, '/')).attack(plan.attack);
  const { oracle, close } = await openOracle(task);
  try {
    const examples = [];
    for (const { id, label, file } of task.examples) examples.push({ id, label, image: await readImage(file, decode) });
    return await fit({ series: { plan, attack }, epsilon, half, examples, shape, seed }, oracle, { batchSize, signal });
  } finally {
    await close();
  }
}
