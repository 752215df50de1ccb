/** Whether a run folder is what its own manifest gives: nothing in it changed, and the same run again writes the same bytes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditHooks, repeat } from './audit.ts';
import type { ResolvedRun } from './config/resolved.ts';
import type { RunRecord } from './plugin/record.ts';
import { type Difference, firstDifference } from './run/difference.ts';
import { type Digests, firstChanged } from './run/digests.ts';
import { files } from './run/folder.ts';
import type { Manifest } from './run/manifest.ts';
import { readDocument } from './run/read.ts';

/**
 * @param run what the manifest's invocation resolves to, on this machine
 * @returns the first difference, and how many files were confirmed where there is none
 * @throws InputError when the folder holds no finished run, or the run cannot be repeated here
 */
export async function verify(
  folder: string,
  run: ResolvedRun,
  hooks: Pick<AuditHooks, 'onEvent' | 'signal'> = {},
): Promise<{ difference?: Difference; files: number }> {
  const manifest = await readDocument<Manifest>(folder, files.manifest, 'manifest');
  const digests = await readDocument<Digests>(folder, files.digests, 'digests');
  const count = Object.keys(digests.files).length;
  const changed = await firstChanged(folder, digests);
  if (changed !== undefined) {
    const detail =
      changed.how === 'missing' ? 'it is gone from the run folder' : 'it was changed since the run wrote it';
    return { difference: { file: changed.file, detail }, files: count };
  }
  const again = await mkdtemp(join(tmpdir(), 'proofhouse-verify-'));
  try {
    const { history = [], gating } =
      manifest.shard === undefined ? await readDocument<RunRecord>(folder, files.results, 'results') : {};
    await repeat({ ...run, output: again }, { manifest, history, judgedOn: gating?.judgedOn }, hooks);
    const repeated = await readDocument<Digests>(again, files.digests, 'digests');
    const difference = await firstDifference({ folder, digests }, { folder: again, digests: repeated });
    return { ...(difference && { difference }), files: count };
  } finally {
    await rm(again, { recursive: true, force: true });
  }
}
