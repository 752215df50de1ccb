/**
 * Continuous batching: keeps many generators in flight, packs their questions into full batches, and starts the next
 * example the moment one ends. It neither judges nor stores.
 */
import type { Answer } from '../plugin/questions.ts';
import {
  type Call,
  type HarnessAsking,
  type HarnessOracle,
  type HarnessQuestion,
  kindOf,
  rowsOf,
} from './questions.ts';

/** A computation in flight. */
class Member<T> {
  question!: HarnessQuestion;
  /** Of the question: batches are packed more often than questions change. */
  kind = '';
  rows = 0;
  /** Generators that wait for each other's results; the last one asks. */
  readonly #stack: HarnessAsking<unknown>[];

  constructor(generator: HarnessAsking<T>) {
    this.#stack = [generator];
  }

  /** On to the next question; false where there is none. */
  advance(answer?: Answer): boolean {
    let given: { value: unknown } | { error: unknown } = { value: answer };
    for (;;) {
      const asking = this.#stack.at(-1);
      if (asking === undefined) {
        if ('error' in given) throw given.error;
        return false;
      }
      let step: IteratorResult<HarnessQuestion | Call, unknown>;
      try {
        step = 'error' in given ? asking.throw(given.error) : asking.next(given.value as Answer);
      } catch (error) {
        this.#stack.pop();
        given = { error };
        continue;
      }
      if (step.done) {
        this.#stack.pop();
        given = { value: step.value };
      } else if ('call' in step.value) {
        this.#stack.push(step.value.call);
        given = { value: undefined };
      } else {
        this.question = step.value;
        this.kind = kindOf(step.value);
        this.rows = rowsOf(step.value);
        return true;
      }
    }
  }
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
  const active: Member<T>[] = [];
  for (;;) {
    while (active.length < capacity) {
      const generator = await next();
      if (generator === undefined) break;
      const member = new Member(generator);
      if (member.advance()) active.push(member);
    }
    if (active.length === 0) return;
    signal?.throwIfAborted();
    const batch = takeBatch(active, batchSize);
    const answers = await oracle(batch.map(({ question }) => question));
    const ended = new Set<Member<T>>();
    for (const [i, member] of batch.entries()) if (!member.advance(answers[i])) ended.add(member);
    if (ended.size > 0) {
      let kept = 0;
      for (const member of active) if (!ended.has(member)) active[kept++] = member;
      active.length = kept;
    }
  }
}

/** The first questions of the kind that fills a batch best. */
function takeBatch<T>(active: readonly Member<T>[], batchSize: number): Member<T>[] {
  const waiting = new Map<string, number>();
  for (const { kind, rows } of active) waiting.set(kind, (waiting.get(kind) ?? 0) + rows);
  const [fullest] = [...waiting].reduce((fuller, candidate) => (candidate[1] > fuller[1] ? candidate : fuller));
  const batch: Member<T>[] = [];
  let filled = 0;
  for (const member of active) {
    if (member.kind !== fullest) continue;
    if (batch.length > 0 && filled + member.rows > batchSize) break;
    batch.push(member);
    filled += member.rows;
  }
  return batch;
}
