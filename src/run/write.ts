/** The files of a finished run. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConcludedRun } from './conclude.ts';
import { files, writeAtomically } from './folder.ts';
import { outcomeLines } from './outcomes.ts';
import type { PreparedRun } from './prepare.ts';

/** @throws InputError when the disk is full or the folder went away */
export async function writeRun(
  { run, reports, dataset }: PreparedRun,
  { record, images, outcomes, probes }: ConcludedRun,
): Promise<void> {
  const path = (file: string) => join(run.output, file);
  const examples = dataset.examples.map(({ id, label, groups }) =>
    JSON.stringify({ schemaVersion: 1, id, label, groups }),
  );
  await writeAtomically(path(files.examples), `${examples.join('\n')}\n`);
  await writeAtomically(path(files.outcomes), outcomeLines(outcomes, probes, dataset.examples));
  await rm(path(files.images), { recursive: true, force: true });
  if (images.size > 0) await mkdir(path(files.images));
  for (const [name, png] of images) await writeAtomically(join(run.output, files.images, name), png);
  await writeAtomically(path(files.results), `${JSON.stringify(record, null, 2)}\n`);
  for (const { report, options } of reports) {
    await writeAtomically(path(report.file), report.render({ record, images }, options));
  }
}
