/** The first difference between a run folder and its repetition, as a person looks for it: the outcome before what follows from it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { OutcomeRow } from '../plugin/outcome.ts';
import type { Digests } from './digests.ts';
import { files } from './folder.ts';
import { readRows } from './read.ts';

export interface Difference {
  file: string;
  /** A sentence's end: what differs within the file. */
  detail: string;
}

const ofRun: readonly string[] = [files.examples, files.outcomes, files.results];

/**
 * @param first files in whose order a difference is looked for, before all others
 * @returns undefined where both hold the same files with the same bytes
 */
export async function firstDifference(
  then: { folder: string; digests: Digests },
  now: { folder: string; digests: Digests },
  first = ofRun,
): Promise<Difference | undefined> {
  const rank = (file: string) => (first.includes(file) ? first.indexOf(file) : first.length);
  const names = [...new Set([...Object.keys(then.digests.files), ...Object.keys(now.digests.files)])];
  const file = names
    .filter((name) => then.digests.files[name] !== now.digests.files[name])
    .toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .at(0);
  if (file === undefined) return undefined;
  if (now.digests.files[file] === undefined) return { file, detail: 'the repetition does not write it' };
  if (then.digests.files[file] === undefined) return { file, detail: 'the run did not write it' };
  if (file === files.outcomes) return { file, detail: await differingRow(then.folder, now.folder) };
  if (file.endsWith('.png')) return { file, detail: 'the picture differs' };
  if (file.endsWith('.onnx')) return { file, detail: 'the network differs' };
  const [before, after] = await Promise.all(
    [then.folder, now.folder].map(async (folder) => (await readFile(join(folder, file), 'utf8')).split('\n')),
  );
  const line = before.findIndex((text, index) => text !== after[index]);
  const at = line === -1 ? before.length : line;
  return { file, detail: `line ${at + 1}: ${short(before[at])} in the run, ${short(after[at])} in the repetition` };
}

async function differingRow(then: string, now: string): Promise<string> {
  const [before, after] = await Promise.all(
    [then, now].map((folder) => readRows<OutcomeRow>(folder, files.outcomes, 'outcome')),
  );
  for (const [index, a] of before.entries()) {
    const b = after.at(index);
    if (isDeepStrictEqual(a, b)) continue;
    const where = `line ${index + 1}, ${JSON.stringify(a.example)} under ${a.evaluation} on ${a.model}`;
    if (b === undefined) return `${where}: the repetition has no such row`;
    const field = ([...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof OutcomeRow)[]).find(
      (key) => !isDeepStrictEqual(a[key], b[key]),
    ) as keyof OutcomeRow;
    return `${where}: ${field} is ${short(JSON.stringify(a[field]))} in the run, ${short(JSON.stringify(b[field]))} in the repetition`;
  }
  return before.length === after.length
    ? 'the rows agree and are written differently'
    : `the repetition has ${after.length - before.length} rows more`;
}

const longest = 120;

function short(text: string | undefined): string {
  if (text === undefined) return 'nothing';
  const trimmed = text.trim();
  return trimmed.length > longest ? `${trimmed.slice(0, longest)}…` : trimmed;
}
