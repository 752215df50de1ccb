/** `digests.json`: SHA-256 of every file of a run folder that the same inputs and seed write again. Written last, so that its presence says the run ended. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Digests {
  schemaVersion: 1;
  /** SHA-256, 64 hexadecimal digits, by path inside the run folder. */
  files: Record<string, string>;
}

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

/** @param contents by path inside the run folder, separated by '/' */
export function digestsOf(contents: ReadonlyMap<string, string | Uint8Array>): Digests {
  const files = [...contents].map(([file, content]) => [file, sha256(content)] as const);
  return { schemaVersion: 1, files: Object.fromEntries(files.toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

/** The first file of a folder that is not what its digest says: 'missing', or 'changed'; undefined where all are. */
export async function firstChanged(
  folder: string,
  { files }: Digests,
): Promise<{ file: string; how: 'missing' | 'changed' } | undefined> {
  for (const [file, digest] of Object.entries(files)) {
    // A path that leads out of the folder is nothing that a run wrote.
    if (file.split(/[\\/]/).includes('..')) return { file, how: 'missing' };
    const content = await readFile(join(folder, file)).catch(() => undefined);
    if (content === undefined) return { file, how: 'missing' };
    if (sha256(content) !== digest) return { file, how: 'changed' };
  }
  return undefined;
}
