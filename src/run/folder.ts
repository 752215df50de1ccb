/** The run folder: what may be written where, and how: to a temporary name first, then renamed, so no file is ever half written. */
import { access, constants, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InputError } from '../errors.ts';

export const files = {
  manifest: 'manifest.json',
  journal: 'journal.ndjson',
  examples: 'examples.ndjson',
  outcomes: 'outcomes.ndjson',
  results: 'results.json',
  digests: 'digests.json',
  log: 'log.json',
  images: 'images',
} as const;

/**
 * Checks that a run may be written to the folder, and changes nothing in it yet.
 *
 * @throws InputError when it cannot be written, or already holds a run and neither `resume` nor `overwrite` is set
 */
export async function prepareFolder(
  folder: string,
  { resume, overwrite }: { resume: boolean; overwrite: boolean },
): Promise<void> {
  const held = await makeFolder(folder);
  const holdsRun = [files.manifest, files.journal, files.outcomes].some((file) => held.includes(file));
  if (holdsRun && !resume && !overwrite) {
    throw new InputError(
      `The output folder ${basename(folder)} already holds a run.`,
      'Finish it with --resume, replace it with --overwrite, or choose another folder with --output.',
    );
  }
}

/**
 * Makes a folder unless there is one.
 *
 * @returns the names of what it holds
 * @throws InputError when it cannot be made or written to
 */
export async function makeFolder(folder: string): Promise<string[]> {
  try {
    await mkdir(folder, { recursive: true });
    if (!(await stat(folder)).isDirectory()) throw new Error('it is a file');
    await access(folder, constants.W_OK);
    return await readdir(folder);
  } catch (error) {
    throw new InputError(
      `The output folder ${basename(folder)} cannot be written: ${(error as Error).message}.`,
      'Choose another with --output.',
      { cause: error },
    );
  }
}

/** Removes what an earlier run wrote; files of others stay. */
export async function clearRun(folder: string, reports: readonly string[]): Promise<void> {
  const ours = [...Object.values(files), ...reports];
  await Promise.all(ours.map((file) => rm(join(folder, file), { recursive: true, force: true })));
}

const makeRoom = 'Make room or choose another --output folder; --resume keeps what was computed.';

/** @throws InputError when the disk is full or the folder went away */
export async function writeAtomically(path: string, content: string | Uint8Array, fix = makeRoom): Promise<void> {
  try {
    await writeFile(`${path}.tmp`, content);
    await rename(`${path}.tmp`, path);
  } catch (error) {
    await rm(`${path}.tmp`, { force: true }).catch(() => {});
    throw new InputError(`${basename(path)} could not be written: ${(error as Error).message}.`, fix, {
      cause: error,
    });
  }
}
