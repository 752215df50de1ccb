/**
 * A run from plan to report: collect, audit, gate, render. Only the collecting stage touches a model; everything after it
 * is a pure function of the outcomes.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunEvent } from './audit-events.ts';
import type { ResolvedRun } from './config/resolved.ts';
import type { RunRecord } from './plugin/record.ts';
import { begin } from './run/begin.ts';
import { collect } from './run/collect.ts';
import { conclude } from './run/conclude.ts';
import { files, writeAtomically } from './run/folder.ts';
import { logOf } from './run/log.ts';
import { prepare } from './run/prepare.ts';
import { stagesOf } from './run/stage.ts';
import { writeRun } from './run/write.ts';

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
  const { onEvent, resume = false, overwrite = false, signal } = hooks;
  const stages = stagesOf(onEvent);
  const prepared = await prepare(run, stages, { resume, overwrite });
  const { collectPlan } = prepared;
  const journal = await begin(prepared, resume);
  const { resumed } = journal;
  if (resumed > 0) onEvent?.({ type: 'note', text: `resuming: ${resumed} parts are already done` });
  try {
    await stages.stage('attacking', () =>
      collect(
        collectPlan,
        journal,
        (done, total) => onEvent?.({ type: 'progress', done, total, unit: 'images' }),
        signal,
      ),
    );
  } finally {
    journal.close();
  }
  const concluded = await conclude(prepared, journal, stages);
  await stages.stage('writing', () => writeRun(prepared, concluded));
  const path = (file: string) => join(run.output, file);
  await writeAtomically(path(files.log), `${JSON.stringify(logOf(stages.durations, collectPlan, resumed), null, 2)}\n`);
  await rm(path(files.journal), { force: true });
  return { record: concluded.record, folder: run.output };
}
