/** A training from plan to result: begin or go on from a checkpoint, fit, and write the network with its record and report. */
import { rm } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { basename, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { InputError } from '../errors.ts';
import type { EpochRecord, TrainingRecord } from '../plugin/training-record.ts';
import { makeFolder, writeAtomically } from '../run/folder.ts';
import { type Begun, begin } from './begin.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { ResolvedTraining } from './config/resolve.ts';
import { endOf, learntNothing } from './ending.ts';
import { Diverged, type FitProgress, fit } from './fit.ts';
import { type Identity, identityOf } from './identity.ts';
import { clearTraining, recordOf, TRAINING_FILES, trainedModel, writeResult } from './result.ts';
import { requireSameTraining } from './same-training.ts';
import type { TrainingState } from './state.ts';

/** What a training tells while it works. */
export type TrainingEvent =
  | { type: 'stage'; name: string }
  | ({ type: 'step'; epochs: number } & FitProgress)
  /** @property best whether its weights are the ones to keep so far */
  | { type: 'epoch'; record: EpochRecord; epochs: number; best: boolean }
  | { type: 'note'; text: string };

export interface TrainHooks {
  onEvent?: ((event: TrainingEvent) => void) | undefined;
  /** Go on from the checkpoint that the output folder holds; where it holds none yet, begin. */
  resume?: boolean | undefined;
  /** Replace the training that the output folder holds. */
  overwrite?: boolean | undefined;
  /** A finished training that this one repeats; where its settings, files or versions were others, it is not begun. */
  repeats?: Repeated | undefined;
  /** Aborting stops after the step that is under way, with a checkpoint. */
  signal?: AbortSignal | undefined;
}

export interface Repeated {
  record: TrainingRecord;
  /** Absolute, of the finished training: the paths of its audit are relative to it. */
  folder: string;
}

/**
 * @returns the record (`training.json`) and the folder it was written to
 * @throws InputError for anything the person can mend; what was computed stays in the folder
 */
export async function train(
  resolved: ResolvedTraining,
  hooks: TrainHooks = {},
): Promise<{ record: TrainingRecord; folder: string }> {
  const { plan } = resolved;
  const { onEvent, resume = false, overwrite = false } = hooks;
  await prepareFolder(plan.output, { resume, overwrite });
  onEvent?.({ type: 'stage', name: 'reading images' });
  const begun = await begin(plan);
  try {
    for (const text of begun.dataset.notes ?? []) onEvent?.({ type: 'note', text });
    const identity = await identityOf(resolved, begun.dataHash);
    if (hooks.repeats) requireSameTraining(hooks.repeats.record, identity, begun.dataHash);
    const state = (resume && (await readCheckpoint(plan.output, identity.plan))) || begun.start;
    if (overwrite) await clearTraining(plan.output);
    if (state !== begun.start) onEvent?.({ type: 'note', text: `resuming in ${placeOf(state)}` });
    const record = await carryOut(begun, identity, state, resolved.checkpointMinutes, hooks);
    return { record, folder: plan.output };
  } finally {
    await begun.fit.team.close();
  }
}

const placeOf = ({ position }: TrainingState) => `epoch ${position.epoch + 1} after ${position.step} steps`;

async function prepareFolder(
  folder: string,
  { resume, overwrite }: { resume: boolean; overwrite: boolean },
): Promise<void> {
  const held = await makeFolder(folder);
  const finished = held.includes(TRAINING_FILES.record) && !held.includes(TRAINING_FILES.checkpoint);
  if (resume && finished)
    throw new InputError(
      `The training in ${basename(folder)} is finished.`,
      'Nothing is left to resume; train again with --overwrite.',
    );
  const holdsTraining = held.includes(TRAINING_FILES.record) || held.includes(TRAINING_FILES.checkpoint);
  if (holdsTraining && !resume && !overwrite)
    throw new InputError(
      `The output folder ${basename(folder)} already holds a training.`,
      'Finish it with --resume, replace it with --overwrite, or choose another folder with --output.',
    );
}

/** Fits with checkpoints, and writes the result; of a training that diverged, that of its best epoch. */
async function carryOut(
  begun: Begun,
  identity: Identity,
  state: TrainingState,
  minutes: number,
  { onEvent, signal, repeats }: TrainHooks,
): Promise<TrainingRecord> {
  const { plan } = begun.fit;
  let steps: number | undefined;
  const started = performance.now();
  const updatesBefore = state.position.updates;
  let saved = started;
  const save = async () => {
    await writeCheckpoint(plan.output, identity.plan, state);
    saved = performance.now();
  };
  const finish = async (end: TrainingRecord['end']): Promise<TrainingRecord | undefined> => {
    const { best } = state;
    if (best === undefined) return undefined;
    onEvent?.({ type: 'stage', name: 'writing' });
    const model = trainedModel(begun, best);
    const record = await recordOf(begun, identity, { ...state, best }, end, model);
    for (const text of learntNothing(record.curves[best.epoch], begun.fit.heldOut)) onEvent?.({ type: 'note', text });
    await writeResult(begun, record, model, repeats?.folder ?? plan.output);
    const images = (state.position.updates - updatesBefore) * plan.batchSize;
    const log = logOf((performance.now() - started) / 1000, images);
    await writeAtomically(join(plan.output, TRAINING_FILES.log), `${JSON.stringify(log, null, 2)}\n`);
    return record;
  };

  try {
    await fit(begun.fit, state, {
      signal,
      onStep: (progress) => {
        ({ steps } = progress);
        onEvent?.({ type: 'step', epochs: plan.epochs, ...progress });
      },
      onEpoch: ({ curves, best, position }) =>
        onEvent?.({
          type: 'epoch',
          record: curves[curves.length - 1],
          epochs: plan.epochs,
          best: best?.epoch === position.epoch - 1,
        }),
      checkpoint: async ({ position }, reason) => {
        // The epoch's last step too: its evaluation takes a while, and stands between the step and the epoch's own checkpoint.
        const due = reason === 'epoch' || position.step === steps || performance.now() - saved >= 60_000 * minutes;
        if (due || signal?.aborted) await save();
        signal?.throwIfAborted();
      },
    });
  } catch (error) {
    if (!(error instanceof Diverged)) throw error;
    const [sentence] = error.message.split('\n');
    const kept = await finish({ reason: 'diverged', sentence });
    if (kept === undefined) throw error;
    throw new InputError(
      `${error.message}\n${TRAINING_FILES.model} in ${basename(plan.output)} holds the best weights before that, of epoch ${kept.best}.`,
      undefined,
      { cause: error },
    );
  }
  const record = await finish(endOf(begun.fit, state));
  if (record === undefined) throw new Error('a training ended without an epoch');
  await rm(join(plan.output, TRAINING_FILES.checkpoint), { force: true });
  return record;
}

/** Facts that vary from run to run. */
const logOf = (seconds: number, images: number) => ({
  finished: new Date().toISOString(),
  seconds: Math.round(seconds),
  imagesPerSecond: Number((images / seconds).toPrecision(3)),
  machine: {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  },
});
