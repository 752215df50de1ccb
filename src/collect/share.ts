/** One worker's share of the collecting: takes examples off a common counter, drives them through one model, emits portions. */
import type { DecodePlan } from '../dataset/dataset.ts';
import { readImage } from '../dataset/image.ts';
import { drive } from './drive.ts';
import { type ExamineContext, examine, type Portion } from './examine.ts';
import type { Half } from './halves.ts';
import { NotANumberError } from './judging.ts';
import type { HarnessAsking, HarnessOracle } from './questions.ts';

/** One example still to be examined, with what an earlier run already knows of it. */
export interface PendingExample {
  id: string;
  label: number;
  file: string;
  /** Parts that are finished: 'clean' and series ids. */
  done: string[];
  /** The half of the data it is in, where an attack learns from data. */
  half?: Half | undefined;
}

export interface Share {
  context: ExamineContext;
  examples: readonly PendingExample[];
  decode: DecodePlan;
  batchSize: number;
  /** Most examples to hold at once; any number if absent. */
  mostHeld?: number | undefined;
  /** Index of the next example nobody has taken; shared by all workers. */
  counter: Int32Array;
  signal?: AbortSignal | undefined;
}

export interface ShareHooks {
  emit: (portion: Portion) => void;
  /** An example whose logits are not numbers; the others go on. */
  failed: (example: string) => void;
  observe?: (example: string, evaluation: string, point: Float32Array) => void;
}

/** Examines examples until the counter runs out. Which worker takes which example changes no result. */
export async function runShare(share: Share, oracle: HarnessOracle, hooks: ShareHooks): Promise<void> {
  const { context, examples, decode, batchSize, mostHeld = examples.length, counter, signal } = share;
  let held = 0;
  const take = (): { example: PendingExample; image: Promise<Float32Array> } | undefined => {
    if (held === mostHeld) return undefined;
    const index = Atomics.add(counter, 0, 1);
    if (index >= examples.length) return undefined;
    const image = readImage(examples[index].file, decode);
    held++;
    image.catch(() => {}); // The rejection is met when the image is awaited.
    return { example: examples[index], image };
  };
  // Decoding runs beside the engine: a few images are always on their way.
  const ahead: NonNullable<ReturnType<typeof take>>[] = [];
  const refill = () => {
    while (ahead.length < 4) {
      const taken = take();
      if (taken === undefined) return;
      ahead.push(taken);
    }
  };
  const next = async () => {
    refill();
    const taken = ahead.shift();
    if (taken === undefined) return undefined;
    refill();
    return released(taken.example, await taken.image);
  };
  function* released(example: PendingExample, image: Float32Array): HarnessAsking<void> {
    yield* examined(context, example, image, hooks);
    held--;
  }
  await drive(next, oracle, { batchSize, signal });
}

function* examined(
  context: ExamineContext,
  example: PendingExample,
  image: Float32Array,
  hooks: ShareHooks,
): HarnessAsking<void> {
  try {
    yield* examine(context, example, image, {
      done: (part) => example.done.includes(part),
      emit: hooks.emit,
      observe: hooks.observe && ((evaluation, point) => hooks.observe?.(example.id, evaluation, point)),
    });
  } catch (error) {
    if (!(error instanceof NotANumberError)) throw error;
    hooks.failed(example.id);
  }
}
