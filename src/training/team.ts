/** The threads of a training run: gives each request to the first that is free, and gathers results in the order of the requests. */
import { Worker } from 'node:worker_threads';
import { InputError } from '../errors.ts';
import { PortionRunner } from './portion-runner.ts';
import type { TrainingRequest, TrainingResult, TrainingTask } from './task.ts';
import type { TrainingMessage } from './worker.ts';

interface Member {
  ask(request: TrainingRequest): Promise<TrainingResult>;
  close(): Promise<void>;
}

export class Team {
  readonly #members: readonly Member[];

  private constructor(members: readonly Member[]) {
    this.#members = members;
  }

  /** @param workers 1 works in this thread */
  static async open(task: TrainingTask, workers: number): Promise<Team> {
    return new Team(workers === 1 ? [await inThisThread(task)] : Array.from({ length: workers }, () => thread(task)));
  }

  /** Results in the order of the requests. @throws what the first request that failed threw, when none is being worked on any more */
  async askAll(requests: readonly TrainingRequest[]): Promise<TrainingResult[]> {
    const results: TrainingResult[] = [];
    let next = 0;
    const settled = await Promise.allSettled(
      this.#members.map(async (member) => {
        for (let at = next++; at < requests.length; at = next++) results[at] = await member.ask(requests[at]);
      }),
    );
    for (const end of settled) if (end.status === 'rejected') throw end.reason;
    return results;
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.close()));
  }
}

async function inThisThread(task: TrainingTask): Promise<Member> {
  const runner = await PortionRunner.open(task);
  return {
    ask: (request) => (request.ask === 'portion' ? runner.portion(request) : runner.evaluate(request)),
    close: () => runner.close(),
  };
}

function thread(task: TrainingTask): Member {
  const worker = new Worker(workerFile(), { workerData: task });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        const settle = (end: () => void) => {
          worker.off('message', onMessage);
          worker.off('error', onError);
          worker.off('exit', onExit);
          end();
        };
        const onMessage = (message: TrainingMessage) =>
          settle(() => {
            if (message.type === 'result') resolve(message.result);
            else reject(new InputError(message.message));
          });
        const onError = (error: Error) => settle(() => reject(error));
        const onExit = (code: number) =>
          settle(() => reject(new Error(`internal: a training thread ended with code ${code}`)));
        worker.on('message', onMessage);
        worker.on('error', onError);
        worker.on('exit', onExit);
        worker.postMessage(request);
      }),
    async close() {
      worker.postMessage('stop');
      await exited;
    },
  };
}

/** The compiled worker: Node cannot start a thread from TypeScript, so when run from the sources the build is used. */
function workerFile(): URL {
  const here = import.meta.url;
  return here.endsWith('.ts') ? new URL('../../dist/src/training/worker.js', here) : new URL('./worker.js', here);
}
