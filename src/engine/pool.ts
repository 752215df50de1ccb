/** Carries out a collect task in this thread, or spread over worker threads that share one counter. */
import { Worker } from 'node:worker_threads';
import type { ShareHooks } from '../collect/share.ts';
import { InputError } from '../errors.ts';
import { type CollectTask, runTask } from './task.ts';
import type { WorkerMessage } from './worker.ts';

/**
 * @param workers 1 works in this thread
 * @throws the first error of any worker, after the others were stopped
 */
export async function runPool(
  task: CollectTask,
  workers: number,
  hooks: Pick<ShareHooks, 'emit' | 'failed'>,
  signal?: AbortSignal,
): Promise<void> {
  if (workers === 1) return runTask(task, hooks, signal);
  const threads = Array.from({ length: workers }, () => new Worker(workerFile(), { workerData: task }));
  const stop = () => void Promise.all(threads.map((thread) => thread.terminate()));
  signal?.addEventListener('abort', stop);
  try {
    await Promise.all(threads.map((thread) => finished(thread, hooks, signal)));
  } finally {
    signal?.removeEventListener('abort', stop);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

function finished(worker: Worker, hooks: Pick<ShareHooks, 'emit' | 'failed'>, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: WorkerMessage) => {
      switch (message.type) {
        case 'portion':
          return hooks.emit(message.portion);
        case 'failed':
          return hooks.failed(message.example);
        case 'input error':
          return reject(new InputError(message.message));
        case 'done':
          return resolve();
      }
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      if (signal?.aborted) reject(signal.reason);
      else reject(new Error(`internal: a worker thread ended with code ${code} before its share was done`));
    });
  });
}

/** The compiled worker: Node cannot start a thread from TypeScript, so when run from the sources the build is used. */
function workerFile(): URL {
  const here = import.meta.url;
  return here.endsWith('.ts') ? new URL('../../dist/src/engine/worker.js', here) : new URL('./worker.js', here);
}
