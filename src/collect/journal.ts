/**
 * The completion-ordered journal of a run. Each line is one portion of one example, so a run killed at any moment
 * loses at most the torn last line. The first line names the plan; a journal of another plan is not resumed.
 */
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { InputError } from '../errors.ts';
import type { Portion } from './examine.ts';

interface Header {
  schemaVersion: 1;
  /** What must agree for a resumed run to give the same bytes, by name. */
  plan: Record<string, string>;
}

interface Line extends Portion {
  model: string;
}

const keyOf = (model: string, example: string, part: string): string => JSON.stringify([model, example, part]);

export class Journal {
  readonly #descriptor: number;
  readonly #portions: Map<string, Portion>;

  private constructor(descriptor: number, portions: Map<string, Portion>) {
    this.#descriptor = descriptor;
    this.#portions = portions;
  }

  /** Starts an empty journal, replacing any other. */
  static create(path: string, plan: Record<string, string>): Journal {
    const descriptor = openSync(path, 'w');
    writeSync(descriptor, `${JSON.stringify({ schemaVersion: 1, plan } satisfies Header)}\n`);
    return new Journal(descriptor, new Map());
  }

  /**
   * Continues a journal; a torn last line is cut off.
   *
   * @throws InputError when it was written for another plan, naming what differs
   */
  static resume(path: string, plan: Record<string, string>): Journal {
    if (!existsSync(path)) return Journal.create(path, plan);
    const text = readFileSync(path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const [first, ...lines] = whole.split('\n').slice(0, -1);
    if (first === undefined) return Journal.create(path, plan);
    requireSamePlan((JSON.parse(first) as Header).plan, plan, path);
    const portions = new Map<string, Portion>();
    for (const line of lines) {
      const { model, ...portion } = JSON.parse(line) as Line;
      portions.set(keyOf(model, portion.example, portion.part), portion);
    }
    const descriptor = openSync(path, 'r+');
    ftruncateSync(descriptor, Buffer.byteLength(whole));
    closeSync(descriptor);
    return new Journal(openSync(path, 'a'), portions);
  }

  /** Portions that earlier runs left. */
  get resumed(): number {
    return this.#portions.size;
  }

  find(model: string, example: string, part: string): Portion | undefined {
    return this.#portions.get(keyOf(model, example, part));
  }

  append(model: string, portion: Portion): void {
    this.#portions.set(keyOf(model, portion.example, portion.part), portion);
    writeSync(this.#descriptor, `${JSON.stringify({ model, ...portion } satisfies Line)}\n`);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** @throws InputError naming what differs between the plan of a run in a folder and this one */
export function requireSamePlan(theirs: Record<string, string>, ours: Record<string, string>, path: string): void {
  const names = new Set([...Object.keys(theirs ?? {}), ...Object.keys(ours)]);
  const different = [...names].filter((name) => theirs?.[name] !== ours[name]);
  if (different.length === 0) return;
  throw new InputError(
    `The run in ${basename(dirname(path))} cannot be resumed: ${different.join(', ')} changed since it was started.`,
    'Run again with --overwrite to start afresh, or choose another --output folder.',
  );
}
