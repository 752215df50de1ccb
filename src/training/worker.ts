/** A training thread's entry: answers requests one after another until it is told to stop. */
import { parentPort, workerData } from 'node:worker_threads';
import { InputError } from '../errors.ts';
import { PortionRunner } from './portion-runner.ts';
import type { TrainingRequest, TrainingResult, TrainingTask } from './task.ts';

export type TrainingMessage =
  | { type: 'result'; result: TrainingResult }
  /** An InputError crosses threads in parts, so that the person still gets its sentences. */
  | { type: 'input error'; message: string };

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');
const opening = PortionRunner.open(workerData as TrainingTask);
opening.catch(() => {}); // Told when the first request waits for it.

port.on('message', (request: TrainingRequest | 'stop') => {
  void (async () => {
    if (request === 'stop') {
      // Where it could not open, a request was told.
      await opening.then(
        (runner) => runner.close(),
        () => {},
      );
      port.close();
      return;
    }
    try {
      const runner = await opening;
      const result = request.ask === 'portion' ? await runner.portion(request) : await runner.evaluate(request);
      port.postMessage({ type: 'result', result } satisfies TrainingMessage);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      port.postMessage({ type: 'input error', message: error.message } satisfies TrainingMessage);
    }
  })();
});
