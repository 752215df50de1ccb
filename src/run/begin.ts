/** The run folder at the moment attacking begins: what an earlier run left is cleared away or taken up again. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Journal, requireSamePlan } from '../collect/journal.ts';
import { clearRun, files, writeAtomically } from './folder.ts';
import type { Manifest } from './manifest.ts';
import { portionsOf } from './outcomes.ts';
import type { PreparedRun } from './prepare.ts';

/**
 * Writes the manifest and opens the journal.
 *
 * @throws InputError when the run that should be resumed was of another plan
 */
export async function begin(prepared: PreparedRun, resume: boolean): Promise<Journal> {
  const { run, manifest, reports } = prepared;
  const path = (file: string) => join(run.output, file);
  if (!resume) {
    await clearRun(
      run.output,
      reports.map(({ report }) => report.file),
    );
  }
  const journal = resume ? await resumeJournal(prepared) : Journal.create(path(files.journal), manifest.plan);
  await writeAtomically(path(files.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
  return journal;
}

/** The journal of the run in the folder; of a finished one, whose journal is gone, made again from its outcomes. */
async function resumeJournal({ run, manifest }: PreparedRun): Promise<Journal> {
  const path = (file: string) => join(run.output, file);
  if (existsSync(path(files.journal)) || !existsSync(path(files.outcomes))) {
    return Journal.resume(path(files.journal), manifest.plan);
  }
  const finished = JSON.parse(await readFile(path(files.manifest), 'utf8')) as Manifest;
  requireSamePlan(finished.plan, manifest.plan, path(files.manifest));
  const journal = Journal.create(path(files.journal), manifest.plan);
  for (const [model, portion] of portionsOf(await readFile(path(files.outcomes), 'utf8'), run.series)) {
    journal.append(model, portion);
  }
  return journal;
}
