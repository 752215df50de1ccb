/** A worker thread's entry: carries out the task it was started with and tells its portions as they come. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Portion } from '../collect/examine.ts';
import { InputError } from '../errors.ts';
import { type CollectTask, runTask } from './task.ts';

export type WorkerMessage =
  | { type: 'portion'; portion: Portion }
  | { type: 'failed'; example: string }
  | { type: 'done' }
  /** An InputError crosses threads in parts, so that the person still gets its sentences. */
  | { type: 'input error'; message: string };

const tell = (message: WorkerMessage) => parentPort?.postMessage(message);

// Any message means stop. Between batches, never within: a thread that is torn down inside the runtime takes the process with it.
const stopping = new AbortController();
parentPort?.once('message', () => stopping.abort());

try {
  await runTask(
    workerData as CollectTask,
    {
      emit: (portion) => tell({ type: 'portion', portion }),
      failed: (example) => tell({ type: 'failed', example }),
    },
    stopping.signal,
  );
  tell({ type: 'done' });
} catch (error) {
  if (error instanceof InputError) tell({ type: 'input error', message: error.message });
  else if (!stopping.signal.aborted) throw error;
} finally {
  parentPort?.close();
}
