/** The history file: one line for each run, oldest first, appended when a run ends. Its last lines are shown beside the present run. */
import { appendFile, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { systemErrorCode } from '../config/paths.ts';
import { InputError } from '../errors.ts';
import type { HistoryEntry, RunRecord } from '../plugin/record.ts';
import { parse } from './read.ts';

/** Lines that a record holds, beside its own. */
const mostShown = 100;
const largestFile = 1 << 24;

/**
 * The last lines of a history file; none where there is no file yet.
 *
 * @throws InputError naming the line that is damaged
 */
export async function readHistory(path: string): Promise<HistoryEntry[]> {
  const name = basename(path);
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > largestFile)
      throw new InputError(`${name}: ${size} bytes is more than a history file of runs.`, 'Begin a new one.');
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return [];
    throw new InputError(`${name}: the history file cannot be read (${code}).`, 'Name a readable file.', {
      cause: error,
    });
  }
  const lines = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [{ line, number: index + 1 }]));
  return lines.slice(-mostShown).map(({ line, number }) => {
    const { schemaVersion: _, ...entry } = parse(line, 'history', `${name}:${number}`) as HistoryEntry & {
      schemaVersion: number;
    };
    return entry;
  });
}

/** What a record's history is made of, beside what the run measured. */
export interface Past {
  earlier: readonly HistoryEntry[];
  /** Of the present run. */
  commit?: string | undefined;
}

/** What the history file says before this run, and the commit that CI says it is on. @throws InputError as `readHistory` */
export async function readPast(path: string): Promise<Past> {
  const commit = process.env.GITHUB_SHA ?? process.env.CI_COMMIT_SHA;
  return {
    earlier: await readHistory(path),
    ...(commit !== undefined && /^[0-9a-f]{7,64}$/.test(commit) && { commit }),
  };
}

/** The run's own line, without a date: verdict, clean and robust accuracy, and what gates bind. */
export function historyEntry(
  { verdict, dataset, findings, gates }: Pick<RunRecord, 'verdict' | 'dataset' | 'findings' | 'gates'>,
  commit?: string,
): HistoryEntry {
  const gated = new Set(gates.map(({ metric }) => metric));
  return {
    ...(commit !== undefined && { commit }),
    verdict: verdict.status,
    dataset: dataset.sha256,
    metrics: findings
      .flatMap(({ metrics }) => metrics)
      .filter(({ id }) => gated.has(id) || id === 'clean-accuracy' || /^robust-accuracy@[^[]*$/.test(id))
      .map(({ id, model, value }) => ({ id, model, value })),
  };
}

/** In one write, so that runs that end together do not mix their lines. @throws InputError when the file cannot be written */
export async function appendHistory(path: string, entry: HistoryEntry): Promise<void> {
  const line = JSON.stringify({ schemaVersion: 1, date: new Date().toISOString(), ...entry });
  try {
    await appendFile(path, `${line}\n`);
  } catch (error) {
    throw new InputError(
      `${basename(path)}: the history file cannot be written (${systemErrorCode(error)}).`,
      'The run itself is complete; name another file with --history.',
      { cause: error },
    );
  }
}
