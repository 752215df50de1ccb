/** `results.json` and reports while a run works and where it does not end: marked as partial, and never in place of a finished record. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResolvedRun } from '../config/resolved.ts';
import { InputError } from '../errors.ts';
import type { PartialRecord } from '../plugin/partial.ts';
import type { ReportDefinition } from '../plugin/report.ts';
import { loadPlugins } from '../plugins.ts';
import { version } from '../version.ts';
import { files, writeAtomically } from './folder.ts';
import type { Stages } from './stage.ts';

type Told = Pick<PartialRecord['partial'], 'kind' | 'stage' | 'error'>;

const happened: Record<Told['kind'], string> = {
  unfinished: 'has not ended, or was killed',
  interrupted: 'was interrupted',
  'bad input': 'was stopped by an error in its input',
  defect: 'was stopped by a defect of Proofhouse',
};

/** '/home/ada/faces/a.png' as 'a.png': folders are the machine's, and results hold none. */
const withoutFolders = (text: string) => text.replaceAll(/(?<![\w.~-])(?:[A-Za-z]:)?[\\/](?:[^\s'"`:\\/]+[\\/])+/g, '');

/** 'It was interrupted while attacking', for messages. */
export const partialSentence = ({ kind, stage }: Told): string => `${happened[kind]} while ${stage}`;

/** Whether the folder's record is of a run that ended; a file that is no JSON is not ours to replace. */
async function holdsRecord(folder: string): Promise<boolean> {
  try {
    const held = JSON.parse(await readFile(join(folder, files.results), 'utf8')) as { partial?: unknown } | null;
    return held?.partial === undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

/** Reports of the run that say something of one that did not end. Where its own plugins cannot be loaded, those that come with Proofhouse. */
async function partialReports({ pluginFiles, reports }: ResolvedRun): Promise<Required<ReportDefinition>[]> {
  const plugins = await loadPlugins(pluginFiles, '/').catch(() => loadPlugins([], '/'));
  const known = reports.filter(({ name }) => plugins.names('reports').includes(name));
  const found = await Promise.all(known.map(({ name }) => plugins.report(name)));
  return found.filter((report): report is Required<ReportDefinition> => report.renderPartial !== undefined);
}

/**
 * Says that the run is not finished, in `results.json` and the reports, where no finished record stands.
 *
 * @param resume how to go on; default: the same command with --resume
 * @throws InputError when it cannot be written
 */
export async function writePartial(run: ResolvedRun, told: Told, resume?: string): Promise<void> {
  const { output, command } = run;
  if (await holdsRecord(output)) return;
  const record: PartialRecord = {
    schemaVersion: 1,
    proofhouse: version,
    verdict: {
      status: 'error',
      sentence: `Cannot certify: the run ${partialSentence(told)}, and no gate was judged.`,
    },
    command,
    partial: {
      ...told,
      resume:
        resume ??
        `${told.error === undefined ? 'Run' : 'Mend that and run'} the same command with --resume; what was computed is kept.`,
    },
  };
  await writeAtomically(join(output, files.results), `${JSON.stringify(record, null, 2)}\n`);
  for (const { file, renderPartial } of await partialReports(run))
    await writeAtomically(join(output, file), renderPartial(record));
}

/** Takes that back where the run has ended and writes no record of its own, as a shard. */
export async function clearPartial(run: ResolvedRun): Promise<void> {
  const reports = (await partialReports(run)).map(({ file }) => file);
  for (const file of [files.results, ...reports]) await rm(join(run.output, file), { force: true });
}

/**
 * Does a run's work, and leaves word of what ended it in `results.json` and the reports if it fails.
 *
 * @throws whatever the work throws
 */
export async function leavingWord<T>(
  run: ResolvedRun,
  { current }: Stages,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
  resume?: string,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const stage = current();
    const told: Told =
      signal?.aborted === true
        ? { kind: 'interrupted', stage }
        : {
            kind: error instanceof InputError ? 'bad input' : 'defect',
            stage,
            error: withoutFolders(error instanceof Error ? error.message : String(error)),
          };
    // The error itself is what its reader must see, whether or not the folder can still be written.
    await writePartial(run, told, resume).catch(() => {});
    throw error;
  }
}
