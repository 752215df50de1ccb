/** The files of a run that has ended. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Journal } from '../collect/journal.ts';
import { examplesOf } from './collect.ts';
import type { ConcludedRun } from './conclude.ts';
import { digestsOf } from './digests.ts';
import { files, writeAtomically } from './folder.ts';
import { logOf } from './log.ts';
import { manifestText } from './manifest.ts';
import { exampleLines, gatherOutcomes, gatherProbes, outcomeLines } from './outcomes.ts';
import type { PreparedRun } from './prepare.ts';
import type { Stages } from './stage.ts';

type Contents = Map<string, string | Uint8Array>;

/** The files of a whole run. @throws InputError when the disk is full or the folder went away */
export async function writeRun(
  { run, reports, dataset, manifest }: PreparedRun,
  { record, images, outcomes, probes }: ConcludedRun,
): Promise<Contents> {
  const contents: Contents = new Map([
    [files.manifest, manifestText(manifest)],
    [files.examples, exampleLines(dataset.examples)],
    [files.outcomes, outcomeLines(outcomes, probes, dataset.examples)],
    [files.results, `${JSON.stringify(record, null, 2)}\n`],
  ]);
  for (const [name, png] of images) contents.set(`${files.images}/${name}`, png);
  for (const { report, options } of reports) contents.set(report.file, report.render({ record, images }, options));
  await rm(join(run.output, files.images), { recursive: true, force: true });
  if (images.size > 0) await mkdir(join(run.output, files.images));
  await writeAll(run.output, contents);
  return contents;
}

/** The files of one shard: its examples and their outcomes. @throws InputError when the disk is full or the folder went away */
export async function writeShard({ run, manifest, collectPlan }: PreparedRun, journal: Journal): Promise<Contents> {
  const examples = examplesOf(collectPlan);
  const outcomes = gatherOutcomes(journal, run.models, run.series, examples);
  const probes = gatherProbes(journal, run.models, run.series, examples);
  const contents: Contents = new Map([
    [files.manifest, manifestText(manifest)],
    [files.examples, exampleLines(examples)],
    [files.outcomes, outcomeLines(outcomes, probes, examples)],
  ]);
  await writeAll(run.output, contents);
  return contents;
}

/** The log, the digests of what was written, and the end of the journal. */
export async function seal(
  { run, collectPlan }: PreparedRun,
  contents: Contents,
  { durations }: Stages,
  resumed: number,
): Promise<void> {
  const log = logOf(durations, collectPlan, resumed);
  await writeAll(run.output, new Map([[files.log, `${JSON.stringify(log, null, 2)}\n`]]));
  await writeAll(run.output, new Map([[files.digests, `${JSON.stringify(digestsOf(contents), null, 2)}\n`]]));
  await rm(join(run.output, files.journal), { force: true });
}

async function writeAll(folder: string, contents: Contents): Promise<void> {
  for (const [file, content] of contents) await writeAtomically(join(folder, file), content);
}
