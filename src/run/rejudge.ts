/** A finished run judged again, by other gates or on another day: nothing is attacked and nothing measured. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Flags } from '../config/flags.ts';
import { canonicalGate, resolveGates, resolveGating } from '../config/gates.ts';
import { projectPath } from '../config/paths.ts';
import { check, configError, type Problem } from '../config/problems.ts';
import { configSchema } from '../config/schema.ts';
import type { ConfigSource } from '../config/source.ts';
import type { RunRecord } from '../plugin/record.ts';
import { loadPlugins } from '../plugins.ts';
import { type Digests, digestsOf } from './digests.ts';
import { earlyAgain } from './early-again.ts';
import { files, writeAtomically } from './folder.ts';
import { planGates, reachVerdict } from './gates.ts';
import { type FinishedRun, openRun } from './open.ts';
import { readDocument } from './read.ts';

export type GateFlags = Pick<Flags, 'context' | 'failOn' | 'reportOnly'>;

const note = 'The gates were judged again after the run, by proofhouse gate.';

/** The record with the verdicts of the config's gates. @throws InputError for a config or gates that do not fit the run */
export async function rejudge(
  { record, input }: FinishedRun,
  { raw, base, locate }: Omit<ConfigSource, 'name'>,
  flags: GateFlags = {},
): Promise<RunRecord> {
  const checked = check(configSchema, raw);
  if ('problems' in checked) throw configError(checked.problems, locate);
  const problems: Problem[] = [];
  const gates = resolveGates(
    checked.value.gates,
    { models: input.models, evaluations: input.evaluations },
    locate,
    problems,
  );
  const gating = resolveGating(checked.value, flags, base, problems);
  if (problems.length > 0) throw configError(problems, locate);
  const { findings, changes } = record;
  const plan = await planGates(
    { gates, gating },
    findings.map(({ metrics }) => metrics),
    input,
  );
  const early = earlyAgain(record, plan.rules);
  const { acceptedRisks: _, ...before } = record;
  const { 'accepted-risks': __, ...config } = record.config;
  return {
    ...before,
    ...reachVerdict({ ...plan, ...(early && { early }) }, { findings, models: input.models, changes }),
    config: {
      ...config,
      gates: gates.map(canonicalGate),
      inconclusive: gating.byContext,
      ...(gating.acceptedRisks !== undefined && { 'accepted-risks': projectPath(base, gating.acceptedRisks) }),
    },
    notes: record.notes.includes(note) ? record.notes : [...record.notes, note],
  };
}

/** The reports that the run wrote, rendered from the new record. */
async function reportsOf(record: RunRecord, images: ReadonlyMap<string, Uint8Array>, base: string) {
  const { reports = [], plugins: written = [] } = record.config as {
    reports?: { report: string; options?: unknown }[];
    plugins?: string[];
  };
  const builtIn = await loadPlugins([], base);
  const foreign = reports.some(({ report }) => !builtIn.names('reports').includes(report));
  const plugins = foreign ? await loadPlugins(written, base) : builtIn;
  return Promise.all(
    reports.map(async ({ report: name, options }) => {
      const report = await plugins.report(name);
      return [report.file, report.render({ record, images }, report.options.parse(options ?? {}))] as const;
    }),
  );
}

const imagesIn = (value: unknown, found = new Set<string>()): Set<string> => {
  if (typeof value === 'string' && /^[\w-]+\.png$/.test(value)) found.add(value);
  else if (typeof value === 'object' && value !== null)
    for (const member of Object.values(value)) imagesIn(member, found);
  return found;
};

/** The pictures of the gallery, by name; one that is gone is left out. */
async function readImages({ folder, record }: FinishedRun): Promise<Map<string, Uint8Array>> {
  const names = [...imagesIn(record.gallery.items)];
  const read = names.map(async (name) => {
    const bytes = await readFile(join(folder, files.images, name)).catch(() => undefined);
    return bytes === undefined ? [] : [[name, bytes] as const];
  });
  return new Map((await Promise.all(read)).flat());
}

/**
 * Judges the run of a folder again and writes its record, its reports and their digests.
 *
 * @param config absent: the run's own
 * @throws InputError when the folder holds no finished run, or for a config or gates that do not fit it
 */
export async function rejudgeFolder(
  folder: string,
  config: Omit<ConfigSource, 'name'> | undefined,
  flags: GateFlags,
): Promise<{ record: RunRecord; reports: string[] }> {
  const run = await openRun(folder);
  const source = config ?? { raw: run.record.config, base: process.cwd(), locate: () => files.results };
  const record = await rejudge(run, source, flags);
  const reports = await reportsOf(record, await readImages(run), source.base);
  const contents = new Map<string, string>([[files.results, `${JSON.stringify(record, null, 2)}\n`], ...reports]);
  const digests = await readDocument<Digests>(folder, files.digests, 'digests');
  for (const [file, content] of contents) await writeAtomically(join(folder, file), content);
  const renewed = { ...digests, files: { ...digests.files, ...digestsOf(contents).files } };
  await writeAtomically(join(folder, files.digests), `${JSON.stringify(renewed, null, 2)}\n`);
  return { record, reports: reports.map(([file]) => file) };
}
