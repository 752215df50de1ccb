/** A finished run judged again, by other gates or on another day: nothing is attacked and nothing measured. */
import { join } from 'node:path';
import type { Flags } from '../config/flags.ts';
import { canonicalGate, resolveGates, resolveGating } from '../config/gates.ts';
import { projectPath } from '../config/paths.ts';
import { check, configError, type Problem } from '../config/problems.ts';
import { configSchema, type RawConfig } from '../config/schema.ts';
import type { ConfigSource } from '../config/source.ts';
import { expandGates, type GateRule, type Given } from '../gate/index.ts';
import type { AuditInput } from '../plugin/audit.ts';
import type { HistoryEntry, RunRecord } from '../plugin/record.ts';
import { loadPlugins } from '../plugins.ts';
import { referenceModels } from './baseline-folder.ts';
import { unchangedModels } from './compare.ts';
import { type Digests, digestsOf } from './digests.ts';
import { earlyAgain } from './early-again.ts';
import { files, writeAtomically } from './folder.ts';
import { planGates, reachVerdict } from './gates.ts';
import { historyEntry } from './history.ts';
import { type FinishedRun, openRun } from './open.ts';
import { readDocument } from './read.ts';
import { readImages } from './render-again.ts';

export type GateFlags = Pick<Flags, 'context' | 'failOn' | 'reportOnly'>;

const note = 'The gates were judged again after the run, by proofhouse gate.';

/** Whether a record's verdicts are of a later judgement than its run's own. */
export const isRejudged = ({ notes }: Pick<RunRecord, 'notes'>): boolean => notes.includes(note);

/** What judging again leaves as the run wrote it. */
export const measuredOf = ({ models, dataset, findings, changes, gallery, queries }: RunRecord) => ({
  models,
  dataset,
  findings,
  changes,
  gallery,
  queries,
});

/** The record with the verdicts of the config's gates. @throws InputError for a config or gates that do not fit the run */
export async function rejudge(
  { record, input: read }: FinishedRun,
  { raw, base, locate }: Omit<ConfigSource, 'name'>,
  flags: GateFlags = {},
): Promise<RunRecord> {
  const checked = check(configSchema, raw);
  if ('problems' in checked) throw configError(checked.problems, locate);
  const problems: Problem[] = [];
  const reference = referenceModels(record);
  const input = { ...read, models: read.models.filter((name) => !reference.includes(name)) };
  const gates = resolveGates(checked.value.gates, input, locate, problems);
  const gating = resolveGating(checked.value, flags, base, problems);
  if (problems.length > 0) throw configError(problems, locate);
  const { findings } = record;
  const plan = await planGates(
    { gates, gating },
    findings.map(({ metrics }) => metrics),
    input,
  );
  const early = earlyAgain(record, plan.rules, rulesOf(record, input), input.models);
  const verdicts = reachVerdict(
    { ...plan, ...(early && { early }) },
    { findings, models: input.models, ...comparisonOf(record, checked.value) },
  );
  const { acceptedRisks: _, ...before } = record;
  const { 'accepted-risks': __, ...config } = record.config;
  return {
    ...before,
    ...verdicts,
    ...(record.history && { history: withOwnLine(record.history, { ...record, ...verdicts }) }),
    config: {
      ...config,
      gates: gates.map(canonicalGate),
      inconclusive: gating.byContext,
      ...(gating.acceptedRisks !== undefined && { 'accepted-risks': projectPath(base, gating.acceptedRisks) }),
    },
    notes: isRejudged(record) ? record.notes : [...record.notes, note],
  };
}

/** What the record's own gates ask. */
function rulesOf({ config: { gates } }: RunRecord, input: AuditInput): GateRule[] {
  const written = gates as RawConfig['gates'];
  return expandGates(
    resolveGates(written, input, () => '', []),
    input,
  );
}

/** What the run itself gave its gates of the baseline. */
function comparisonOf({ changes, baseline, models }: RunRecord, { baseline: written }: RawConfig): Partial<Given> {
  if (changes !== undefined && baseline !== undefined) {
    const reference = baseline.source === 'model' ? baseline.models.map(({ name }) => name) : [];
    const audited = models.filter(({ name }) => !reference.includes(name));
    return { changes, unchanged: unchangedModels(baseline.models, audited) };
  }
  if (written === undefined) return {};
  return { missingBaseline: (typeof written === 'object' ? written.missing : undefined) ?? 'warn' };
}

/** The history as it stands in the record, its last line said anew; the file keeps the line of the run. */
function withOwnLine(history: readonly HistoryEntry[], judged: Parameters<typeof historyEntry>[0]): HistoryEntry[] {
  return [...history.slice(0, -1), historyEntry(judged, history.at(-1)?.commit)];
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

/** By the run's own gates, in its own context unless flags say another; gates keep their places in the config. */
async function rejudgeByOwn(run: FinishedRun, own: Omit<ConfigSource, 'name'>, flags: GateFlags): Promise<RunRecord> {
  const { gates: before, gating } = run.record;
  const record = await rejudge(run, own, { context: gating.context, failOn: gating.failOn, ...flags });
  const gates = record.gates.map((gate) => {
    const source = before.find(({ id, model }) => id === gate.id && model === gate.model)?.source;
    return { ...gate, ...(source && { source }) };
  });
  return { ...record, gates };
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
  const record = config === undefined ? await rejudgeByOwn(run, source, flags) : await rejudge(run, source, flags);
  const reports = await reportsOf(record, await readImages(folder, record), source.base);
  const contents = new Map<string, string>([[files.results, `${JSON.stringify(record, null, 2)}\n`], ...reports]);
  const digests = await readDocument<Digests>(folder, files.digests, 'digests');
  for (const [file, content] of contents) await writeAtomically(join(folder, file), content);
  const renewed = { ...digests, files: { ...digests.files, ...digestsOf(contents).files } };
  await writeAtomically(join(folder, files.digests), `${JSON.stringify(renewed, null, 2)}\n`);
  return { record, reports: reports.map(([file]) => file) };
}
