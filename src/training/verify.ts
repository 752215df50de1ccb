/** Whether a training's folder is what its own record gives: nothing in it changed, and the same training again writes the same bytes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InputError } from '../errors.ts';
import type { TrainingRecord } from '../plugin/training-record.ts';
import { type Difference, firstDifference } from '../run/difference.ts';
import { type Digests, firstChanged } from '../run/digests.ts';
import { readDocument } from '../run/read.ts';
import type { ResolvedTraining } from './config/resolve.ts';
import { Diverged } from './fit.ts';
import { TRAINING_FILES } from './result.ts';
import { type TrainHooks, train } from './train.ts';

/**
 * @param folder holds a training that has ended
 * @param training what its config resolves to, on this machine
 * @returns the first difference, and how many files were confirmed where there is none
 * @throws InputError when the folder holds no finished training, or it cannot be repeated here
 */
export async function verifyTraining(
  folder: string,
  training: ResolvedTraining,
  hooks: Pick<TrainHooks, 'onEvent' | 'signal'> = {},
): Promise<{ difference?: Difference; files: number }> {
  const record = await readDocument<TrainingRecord>(folder, TRAINING_FILES.record, 'training');
  const digests = await readDocument<Digests>(folder, TRAINING_FILES.digests, 'digests');
  const files = Object.keys(digests.files).length;
  const changed = await firstChanged(folder, digests);
  if (changed !== undefined)
    return {
      difference: {
        file: changed.file,
        detail: changed.how === 'missing' ? 'it is gone from the folder' : 'it was changed since the training wrote it',
      },
      files,
    };
  const again = await mkdtemp(join(tmpdir(), 'proofhouse-verify-'));
  try {
    const { command, configFile } = record;
    const plan = { ...training.plan, output: again };
    const repeated = { ...training, plan, command, ...(configFile !== undefined && { configFile }) };
    await train(repeated, { ...hooks, repeats: { record, folder: resolve(folder) } }).catch((error: unknown) => {
      // One that diverges writes its best epoch before it says so.
      if (!(error instanceof InputError && error.cause instanceof Diverged && record.end.reason === 'diverged'))
        throw error;
    });
    const now = await readDocument<Digests>(again, TRAINING_FILES.digests, 'digests');
    const order = [TRAINING_FILES.record, TRAINING_FILES.model];
    const difference = await firstDifference({ folder, digests }, { folder: again, digests: now }, order);
    return { ...(difference && { difference }), files };
  } finally {
    await rm(again, { recursive: true, force: true });
  }
}
