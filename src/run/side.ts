/** One side of a comparison, read from a folder: a stored baseline or a finished run. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../errors.ts';
import type { BaselineFile } from '../gate/baseline-schema.ts';
import type { Standings } from '../gate/standings.ts';
import type { ExampleRow } from '../plugin/outcome.ts';
import {
  baselineFiles,
  baselineOf,
  headlineMetrics,
  readBaseline,
  requireWhole,
  standingsOfRun,
} from './baseline-folder.ts';
import { files } from './folder.ts';
import { openRun } from './open.ts';

export interface Side {
  standings: Standings;
  /** Over everyone. */
  metrics: BaselineFile['metrics'];
  /** Of the baseline's description: the stored one, or the one that `baseline update` would store of the run. */
  sha256: string;
  /** In the data's order; a baseline folder does not keep them. */
  examples?: readonly ExampleRow[];
}

/**
 * @param whole refuses a run that stopped early
 * @throws InputError when the folder holds neither, or one that cannot be read
 */
export async function openSide(folder: string, whole = false): Promise<Side> {
  if (existsSync(join(folder, baselineFiles.description))) return readBaseline(folder);
  if (!existsSync(join(folder, files.manifest)) && !existsSync(join(folder, files.results)))
    throw new InputError(
      `${basename(folder)} holds neither a baseline nor a run${existsSync(folder) ? '' : ': there is no such folder'}.`,
      'Name a run folder, or one that `proofhouse baseline update <run>` wrote.',
    );
  const run = await openRun(folder);
  if (whole) requireWhole(run);
  return {
    standings: standingsOfRun(run),
    metrics: headlineMetrics(run),
    sha256: baselineOf(run).sha256,
    examples: run.input.examples,
  };
}
