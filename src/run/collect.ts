/** The collecting stage: every example under every evaluation of every model, journalled as it completes. */
import { Journal } from '../collect/journal.ts';
import { seriesOn } from '../collect/series.ts';
import { partsFor } from '../collect/subsample.ts';
import type { ModelPlan, SeriesPlan } from '../config/plan.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { listing } from '../dataset/text.ts';
import { runPool } from '../engine/pool.ts';
import type { CollectTask } from '../engine/task.ts';
import { InputError } from '../errors.ts';
import type { Fits } from './fits.ts';
import { holds, type Shard } from './shard.ts';

export interface CollectPlan {
  models: readonly ModelPlan[];
  surrogates: readonly ModelPlan[];
  series: readonly SeriesPlan[];
  /** Ask the models themselves at so many seeded examples. */
  modelProbe?: { examples: number } | undefined;
  dataset: Dataset;
  fits: Fits;
  seed: number;
  /** Collect only the examples of this shard. */
  shard?: Shard;
  /** Collect only these examples, by id. */
  only?: ReadonlySet<string>;
  pluginFiles: readonly string[];
  /** Workers, threads and batch size for each model. */
  engines: readonly { workers: number; threads: number; batchSize: number }[];
  /** Whether each model has a gradient. */
  gradients: readonly boolean[];
}

/** The plain task of one model over some of its examples, once its attacks have learnt what they need. */
export function taskOf(
  plan: CollectPlan,
  modelIndex: number,
  examples: CollectTask['examples'],
  signal?: AbortSignal,
): Promise<CollectTask> {
  const { workers, threads, batchSize } = plan.engines[modelIndex];
  const model = plan.models[modelIndex];
  const series = seriesOn(model.name, plan.series);
  const task: CollectTask = {
    model,
    surrogates: [...plan.models, ...plan.surrogates].filter(({ name }) => series.some((one) => one.surrogate === name)),
    shape: plan.dataset.decode.shape,
    series,
    pluginFiles: plan.pluginFiles,
    seed: plan.seed,
    ...(plan.modelProbe && { modelProbe: { gradient: plan.gradients[modelIndex] } }),
    decode: plan.dataset.decode,
    examples,
    counter: new SharedArrayBuffer(4),
    threads,
    batchSize,
  };
  return plan.fits(task, workers * threads, signal);
}

/** The examples that a plan collects, in the order of the data. */
export const examplesOf = ({ dataset, shard, only }: CollectPlan): Dataset['examples'] =>
  dataset.examples.filter(({ id }) => (shard === undefined || holds(shard, id)) && only?.has(id) !== false);

/**
 * @param onProgress called with images done and images in all, counted once for each model
 * @throws InputError listing the images whose logits are not numbers; everything else was computed and kept
 */
export async function collect(
  plan: CollectPlan,
  journal: Journal,
  onProgress: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const examples = examplesOf(plan);
  const total = plan.models.length * examples.length;
  const failed: { example: string; model: string }[] = [];
  let done = 0;
  for (const [index, { name }] of plan.models.entries()) {
    const { all, wanted } = partsFor({ ...plan, series: seriesOn(name, plan.series) });
    const pending: CollectTask['examples'][number][] = [];
    const missing = new Map<string, number>();
    for (const { id, label, file } of examples) {
      const open = new Set(wanted(id).filter((part) => journal.find(name, id, part) === undefined));
      if (open.size === 0) done++;
      else {
        pending.push({ id, label, file, done: all.filter((part) => !open.has(part)) });
        missing.set(id, open.size);
      }
    }
    onProgress(done, total);
    if (pending.length === 0) continue;
    const task = await taskOf(plan, index, pending, signal);
    await runPool(
      task,
      Math.min(plan.engines[index].workers, pending.length),
      {
        emit(portion) {
          journal.append(name, portion);
          const left = (missing.get(portion.example) as number) - 1;
          missing.set(portion.example, left);
          if (left === 0) onProgress(++done, total);
        },
        failed: (example) => failed.push({ example, model: name }),
      },
      signal,
    );
  }
  if (failed.length > 0) {
    const which = failed.toSorted((a, b) => (a.example < b.example ? -1 : 1));
    throw new InputError(
      `The logits of ${failed.length} image${failed.length === 1 ? '' : 's'} are not finite numbers:\n` +
        listing(which, ({ example, model }) => `${JSON.stringify(example)} (${model})`),
      'Check the preprocessing (mean, std, range) and the model; all other images were computed and are kept for --resume.',
    );
  }
}
