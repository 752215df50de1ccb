/**
 * A run from plan to report: collect, audit, gate, render. Only the collecting stage touches a model; everything after it
 * is a pure function of the outcomes. A shard collects alone; merging does the rest.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from './audit-events.ts';
import type { Journal } from './collect/journal.ts';
import type { ResolvedRun } from './config/resolved.ts';
import type { HistoryEntry, RunRecord } from './plugin/record.ts';
import { begin } from './run/begin.ts';
import { collect, examplesOf } from './run/collect.ts';
import { conclude } from './run/conclude.ts';
import { attackUntilSettled, requireUndivided } from './run/early.ts';
import { files, prepareFolder } from './run/folder.ts';
import { decidingNotes } from './run/gates.ts';
import { appendHistory, readPast } from './run/history.ts';
import { baselineInput } from './run/inputs.ts';
import { type Manifest, shardManifest } from './run/manifest.ts';
import { clearPartial, leavingWord, writePartial } from './run/partial.ts';
import { type PreparedRun, prepare } from './run/prepare.ts';
import { readDocument } from './run/read.ts';
import { requireSameRun } from './run/same-run.ts';
import type { Shard } from './run/shard.ts';
import { portionsOfShards, requireElsewhere } from './run/shards.ts';
import { type Stages, stagesOf } from './run/stage.ts';
import { seal, writeRun, writeShard } from './run/write.ts';

export interface AuditHooks {
  onEvent?: ((event: RunEvent) => void) | undefined;
  /** Continue the run that the output folder holds. */
  resume?: boolean | undefined;
  /** Replace the run that the output folder holds. */
  overwrite?: boolean | undefined;
  /** Aborting stops between batches; what was computed stays for `resume`. */
  signal?: AbortSignal | undefined;
}

/**
 * Carries out a resolved run and writes its folder.
 *
 * @throws InputError for anything the person can mend; the folder keeps what was computed
 */
export async function audit(run: ResolvedRun, hooks: AuditHooks = {}): Promise<{ record: RunRecord; folder: string }> {
  const { resume = false, overwrite = false } = hooks;
  const stages = stagesOf(hooks.onEvent);
  await prepareFolder(run.output, { resume, overwrite });
  const record = await leavingWord(run, stages, hooks.signal, async () => {
    const prepared = await prepare(run, stages);
    const finished = resume ? await finishedHistory(run.output) : undefined;
    const journal = await begin(prepared, resume);
    const { resumed } = journal;
    await writePartial(run, { kind: 'unfinished', stage: 'attacking' });
    const attacked = await attack(prepared, journal, stages, hooks);
    return finish(attacked, journal, stages, resumed, finished);
  });
  return { record, folder: run.output };
}

/**
 * Attacks one shard's examples and writes their outcomes, for `mergeShards`. Judges no gate and renders no report.
 *
 * @returns how many of the run's examples the shard holds
 * @throws InputError as `audit` does
 */
export async function auditShard(
  run: ResolvedRun,
  shard: Shard,
  hooks: AuditHooks = {},
): Promise<{ folder: string; examples: number; of: number }> {
  requireUndivided(run);
  const { resume = false, overwrite = false } = hooks;
  const stages = stagesOf(hooks.onEvent);
  await prepareFolder(run.output, { resume, overwrite });
  return leavingWord(run, stages, hooks.signal, async () => {
    const whole = await prepare(run, stages);
    const prepared = partOf(whole, shard);
    const journal = await begin(prepared, resume);
    const { resumed } = journal;
    await writePartial(run, { kind: 'unfinished', stage: 'attacking' });
    await attack(prepared, journal, stages, hooks);
    const contents = await stages.stage('writing', () => writeShard(prepared, journal));
    await clearPartial(run);
    await seal(prepared, contents, stages, resumed);
    return { folder: run.output, examples: examplesOf(prepared.collectPlan).length, of: whole.dataset.examples.length };
  });
}

/**
 * Makes one run of all its shards: the very bytes of the run that was never divided.
 *
 * @param folders of the shards, in any order
 * @throws InputError naming each shard that is missing, doubled, unfinished, damaged or of another plan
 */
export async function mergeShards(
  run: ResolvedRun,
  folders: readonly string[],
  { onEvent, overwrite = false }: Pick<AuditHooks, 'onEvent' | 'overwrite'> = {},
): Promise<{ record: RunRecord; folder: string }> {
  requireUndivided(run);
  requireElsewhere(run.output, folders);
  const stages = stagesOf(onEvent);
  await prepareFolder(run.output, { resume: false, overwrite });
  const merging = async () => {
    const prepared = await prepare(run, stages);
    const portions = await stages.stage('reading shards', () => portionsOfShards(prepared, folders));
    const journal = await begin(prepared, false);
    try {
      for (const [model, portion] of portions) journal.append(model, portion);
    } finally {
      journal.close();
    }
    return finish(prepared, journal, stages, 0);
  };
  const again = 'Mend that and merge again with --overwrite; the shards are as they were.';
  return { record: await leavingWord(run, stages, undefined, merging, again), folder: run.output };
}

/**
 * Carries out again what a manifest describes, into `run.output`; a history file is left as it is.
 *
 * @param original.history of its record; empty where it has none
 * @param original.judgedOn the day of its record by which accepted risks expire; absent where it has none
 * @throws InputError before anything is attacked, when the run could not come out the same
 */
export async function repeat(
  run: ResolvedRun,
  {
    manifest: original,
    history,
    judgedOn,
  }: { manifest: Manifest; history: readonly HistoryEntry[]; judgedOn?: string | undefined },
  hooks: AuditHooks = {},
): Promise<void> {
  const stages = stagesOf(hooks.onEvent);
  const { baseline } = run;
  // What was stored as a baseline after the run was not there to be compared with.
  const storedSince = baseline?.source === 'folder' && original.inputs?.[baselineInput] === undefined;
  const asItWas = storedSince ? { ...run, baseline: { ...baseline, path: '' } } : run;
  const read = await prepare({ ...asItWas, command: original.command }, stages);
  const whole = { ...read, gatePlan: { ...read.gatePlan, ...(judgedOn !== undefined && { today: judgedOn }) } };
  const prepared = original.shard === undefined ? whole : partOf(whole, original.shard);
  requireSameRun(original, prepared.manifest);
  const journal = await begin(prepared, false);
  const attacked = await attack(prepared, journal, stages, hooks);
  if (original.shard === undefined) await finish(attacked, journal, stages, 0, history);
  else await seal(prepared, await writeShard(prepared, journal), stages, 0);
}

const partOf = (whole: PreparedRun, shard: Shard): PreparedRun => ({
  ...whole,
  manifest: shardManifest(whole.manifest, shard),
  collectPlan: { ...whole.collectPlan, shard },
});

/** @returns the run, narrowed to the examples that were attacked where it decides early */
async function attack(
  prepared: PreparedRun,
  journal: Journal,
  { stage }: Stages,
  { onEvent, signal }: AuditHooks,
): Promise<PreparedRun> {
  for (const text of decidingNotes(prepared.gatePlan)) onEvent?.({ type: 'note', text });
  if (journal.resumed > 0) onEvent?.({ type: 'note', text: `resuming: ${journal.resumed} parts are already done` });
  const onProgress = (done: number, total: number) => onEvent?.({ type: 'progress', done, total, unit: 'images' });
  try {
    return await stage('attacking', async () => {
      if (prepared.gatePlan.early !== undefined) return attackUntilSettled(prepared, journal, onProgress, signal);
      await collect(prepared.collectPlan, journal, onProgress, signal);
      return prepared;
    });
  } finally {
    journal.close();
  }
}

/** The history of a run that had ended, whose line stands in the history file already. */
async function finishedHistory(folder: string): Promise<HistoryEntry[] | undefined> {
  if (!existsSync(join(folder, files.digests)) || !existsSync(join(folder, files.results))) return undefined;
  return (await readDocument<RunRecord>(folder, files.results, 'results')).history;
}

/**
 * From outcomes to findings, verdicts, pictures and files.
 *
 * @param history of the run that this one repeats; absent: read from the history file, which then gets this run's line
 */
async function finish(
  prepared: PreparedRun,
  journal: Journal,
  stages: Stages,
  resumed: number,
  history?: readonly HistoryEntry[],
): Promise<RunRecord> {
  const { history: file } = prepared.run;
  const repeated = history && { earlier: history.slice(0, -1), commit: history.at(-1)?.commit };
  const past = file === undefined ? undefined : (repeated ?? (await readPast(file)));
  const concluded = await conclude(prepared, journal, stages, past);
  const contents = await stages.stage('writing', () => writeRun(prepared, concluded));
  await seal(prepared, contents, stages, resumed);
  if (file !== undefined && history === undefined)
    await appendHistory(file, concluded.record.history?.at(-1) as HistoryEntry);
  return concluded.record;
}
