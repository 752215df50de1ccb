/** Whether a run folder is what its own manifest gives: nothing in it changed, and the same run again writes the same bytes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type AuditHooks, repeat } from './audit.ts';
import type { ResolvedRun } from './config/resolved.ts';
import type { RunRecord } from './plugin/record.ts';
import { type Difference, firstDifference } from './run/difference.ts';
import { type Digests, firstChanged } from './run/digests.ts';
import { files } from './run/folder.ts';
import type { Manifest } from './run/manifest.ts';
import { readDocument } from './run/read.ts';
import { isRejudged, measuredOf } from './run/rejudge.ts';

/** Files that judging again leaves as they are. */
const isMeasured = (file: string) =>
  [files.manifest, files.examples, files.outcomes].some((name) => name === file) || file.startsWith(`${files.images}/`);

const measuredIn = (digests: Digests): Digests => ({
  ...digests,
  files: Object.fromEntries(Object.entries(digests.files).filter(([file]) => isMeasured(file))),
});

const readRecord = (folder: string) => readDocument<RunRecord>(folder, files.results, 'results');

export interface Verification {
  /** The first difference; absent where there is none. */
  difference?: Difference;
  /** How many files were compared. */
  files: number;
  /** Set where `proofhouse gate` judged the run again: verdict, gates and reports are not the run's own, and were not compared. */
  rejudged?: true;
}

/**
 * @param run what the manifest's invocation resolves to, on this machine
 * @throws InputError when the folder holds no finished run, or the run cannot be repeated here
 */
export async function verify(
  folder: string,
  run: ResolvedRun,
  hooks: Pick<AuditHooks, 'onEvent' | 'signal'> = {},
): Promise<Verification> {
  const manifest = await readDocument<Manifest>(folder, files.manifest, 'manifest');
  const digests = await readDocument<Digests>(folder, files.digests, 'digests');
  const changed = await firstChanged(folder, digests);
  if (changed !== undefined) {
    const detail =
      changed.how === 'missing' ? 'it is gone from the run folder' : 'it was changed since the run wrote it';
    return { difference: { file: changed.file, detail }, files: Object.keys(digests.files).length };
  }
  const record = manifest.shard === undefined ? await readRecord(folder) : undefined;
  const again = await mkdtemp(join(tmpdir(), 'proofhouse-verify-'));
  try {
    const { history = [], gating } = record ?? {};
    await repeat({ ...run, output: again }, { manifest, history, judgedOn: gating?.judgedOn }, hooks);
    const repeated = await readDocument<Digests>(again, files.digests, 'digests');
    if (record === undefined || !isRejudged(record)) {
      const difference = await firstDifference({ folder, digests }, { folder: again, digests: repeated });
      return { ...(difference && { difference }), files: Object.keys(digests.files).length };
    }
    const [then, now] = [measuredIn(digests), measuredIn(repeated)];
    const difference =
      (await firstDifference({ folder, digests: then }, { folder: again, digests: now })) ??
      differingMeasure(record, await readRecord(again));
    return { ...(difference && { difference }), files: Object.keys(then.files).length, rejudged: true };
  } finally {
    await rm(again, { recursive: true, force: true });
  }
}

/** What two records measured differently, where the rows that they were measured from agree. */
function differingMeasure(then: RunRecord, now: RunRecord): Difference | undefined {
  const [before, after] = [measuredOf(then), measuredOf(now)];
  const part = (Object.keys(before) as (keyof typeof before)[]).find(
    (key) => !isDeepStrictEqual(before[key], after[key]),
  );
  return part && { file: files.results, detail: `its ${part} differ in the repetition` };
}
