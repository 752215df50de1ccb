/** The run folder at the moment attacking begins: what an earlier run left is cleared away or taken up again. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Journal, requireSamePlan } from '../collect/journal.ts';
import type { OutcomeRow } from '../plugin/outcome.ts';
import { clearRun, files, writeAtomically } from './folder.ts';
import { type Manifest, manifestText } from './manifest.ts';
import { portionsOf } from './outcomes.ts';
import type { PreparedRun } from './prepare.ts';
import { readDocument, readRows } from './read.ts';

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
  await writeAtomically(path(files.manifest), manifestText(manifest));
  await rm(path(files.digests), { force: true });
  return journal;
}

/** The journal of the run in the folder; of a finished one, whose journal is gone, made again from its outcomes. */
async function resumeJournal({ run, manifest }: PreparedRun): Promise<Journal> {
  const path = (file: string) => join(run.output, file);
  if (existsSync(path(files.journal)) || !existsSync(path(files.outcomes))) {
    return Journal.resume(path(files.journal), manifest.plan);
  }
  const finished = await readDocument<Manifest>(run.output, files.manifest, 'manifest');
  requireSamePlan(finished.plan, manifest.plan, path(files.manifest));
  const journal = Journal.create(path(files.journal), manifest.plan);
  const rows = await readRows<OutcomeRow>(run.output, files.outcomes, 'outcome');
  for (const [model, portion] of portionsOf(rows, run.series)) journal.append(model, portion);
  return journal;
}
