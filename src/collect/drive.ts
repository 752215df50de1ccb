/**
 * Continuous batching: keeps many generators in flight, packs their questions into full batches, and starts the next
 * example the moment one ends. It neither judges nor stores.
 */
import { type HarnessAsking, type HarnessOracle, type HarnessQuestion, kindOf, rowsOf } from './questions.ts';

interface Active<T> {
  generator: HarnessAsking<T>;
  question: HarnessQuestion;
}

export interface DriveOptions {
  /** Rows of a full batch. */
  batchSize: number;
  /** Checked between batches; an aborted drive rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Runs every generator that `next` hands out to its end.
 *
 * @param next the next generator, or undefined while there is none; the drive is over when none is in flight and none comes
 */
export async function drive<T>(
  next: () => Promise<HarnessAsking<T> | undefined>,
  oracle: HarnessOracle,
  { batchSize, signal }: DriveOptions,
): Promise<void> {
  // Some slack beyond one batch keeps gradient batches full while other examples wait for their judgement.
  const capacity = batchSize + (batchSize >> 1);
  const active: Active<T>[] = [];
  for (;;) {
    while (active.length < capacity) {
      const generator = await next();
      if (generator === undefined) break;
      const first = generator.next();
      if (!first.done) active.push({ generator, question: first.value });
    }
    if (active.length === 0) return;
    signal?.throwIfAborted();
    const batch = takeBatch(active, batchSize);
    const answers = await oracle(batch.map(({ question }) => question));
    const ended = new Set<Active<T>>();
    for (const [i, member] of batch.entries()) {
      const step = member.generator.next(answers[i]);
      if (step.done) ended.add(member);
      else member.question = step.value;
    }
    if (ended.size > 0) {
      let kept = 0;
      for (const member of active) if (!ended.has(member)) active[kept++] = member;
      active.length = kept;
    }
  }
}

/** The first questions of the kind that fills a batch best. */
function takeBatch<T>(active: readonly Active<T>[], batchSize: number): Active<T>[] {
  const waiting = new Map<string, number>();
  for (const { question } of active) {
    const kind = kindOf(question);
    waiting.set(kind, (waiting.get(kind) ?? 0) + rowsOf(question));
  }
  const [kind] = [...waiting].reduce((fullest, candidate) => (candidate[1] > fullest[1] ? candidate : fullest));
  const batch: Active<T>[] = [];
  let rows = 0;
  for (const member of active) {
    if (kindOf(member.question) !== kind) continue;
    const size = rowsOf(member.question);
    if (batch.length > 0 && rows + size > batchSize) break;
    batch.push(member);
    rows += size;
  }
  return batch;
}
