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
  // The first thread that is ready would otherwise take as many as it can batch, and leave the last ones little to do.
  const workerData: CollectTask = { ...task, mostHeld: Math.ceil(task.examples.length / workers) };
  const threads = Array.from({ length: workers }, () => new Worker(workerFile(), { workerData }));
  const stop = () => {
    for (const thread of threads) thread.postMessage('stop');
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    const ends = threads.map((thread) => ended(thread, hooks));
    for (const end of ends) end.catch(stop);
    // Every thread is waited for, so that none is still inside the runtime when the first failure is told.
    const settled = await Promise.allSettled(ends);
    signal?.throwIfAborted();
    for (const end of settled) if (end.status === 'rejected') throw end.reason;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Settles when the thread is gone: rejected with what it failed of, or for ending before its share was done. */
function ended(worker: Worker, hooks: Pick<ShareHooks, 'emit' | 'failed'>): Promise<void> {
  let outcome: { done: true } | { failure: unknown } | undefined;
  worker.on('message', (message: WorkerMessage) => {
    switch (message.type) {
      case 'portion':
        return hooks.emit(message.portion);
      case 'failed':
        return hooks.failed(message.example);
      case 'input error':
        outcome = { failure: new InputError(message.message) };
        return undefined;
      case 'done':
        outcome = { done: true };
        return undefined;
    }
  });
  worker.on('error', (failure) => {
    outcome = { failure };
  });
  return new Promise((resolve, reject) => {
    worker.on('exit', (code) => {
      if (outcome === undefined) {
        reject(new Error(`internal: a worker thread ended with code ${code} before its share was done`));
      } else if ('failure' in outcome) reject(outcome.failure);
      else resolve();
    });
  });
}

/** The compiled worker: Node cannot start a thread from TypeScript, so when run from the sources the build is used. */
function workerFile(): URL {
  const here = import.meta.url;
  return here.endsWith('.ts') ? new URL('../../dist/src/engine/worker.js', here) : new URL('./worker.js', here);
}
