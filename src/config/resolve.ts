/** From a config as written to a run as it will happen. Everything that can be known to be wrong is told here, at once. */
import { resolve } from 'node:path';
import { loadPlugins, type Plugins } from '../plugins.ts';
import { resolveBaseline } from './baseline.ts';
import { canonicalCommand, canonicalConfig, canonicalFlags } from './canonical.ts';
import { readCard } from './card.ts';
import { resolveData } from './data.ts';
import { applyFlags, type Flags } from './flags.ts';
import { evaluationsMade, resolveGates, resolveGating } from './gates.ts';
import { resolveModels, resolveSurrogates } from './models.ts';
import { find, isInside } from './paths.ts';
import { check, configError, type Problem, show } from './problems.ts';
import type { PluginUse, ResolvedRun } from './resolved.ts';
import { configSchema, type RawConfig } from './schema.ts';
import { addNeeds, addProbes, describePlanned, resolveAttacks } from './series.ts';
import type { ConfigSource } from './source.ts';
import { suggest } from './suggest.ts';

const defaultAudits = ['robust-accuracy', 'subgroup-fnr'];
const defaultReports = ['html', 'summary', 'junit'];
const defaultOutput = 'out';

/** The audits or reports of a config: known, named once, with options that their own schemas accept. */
async function resolveUses(
  kind: 'audits' | 'reports',
  written: readonly { name: string; options: unknown; nameAt: PropertyKey[]; at: PropertyKey[] }[],
  plugins: Plugins,
  problems: Problem[],
): Promise<(PluginUse & { at: PropertyKey[] })[]> {
  const known = plugins.names(kind);
  const uses: (PluginUse & { at: PropertyKey[] })[] = [];
  for (const { name, options, nameAt, at } of written) {
    const singular = kind.slice(0, -1);
    if (!known.includes(name)) {
      problems.push({ path: nameAt, message: `there is no ${singular} ${show(name)}.${suggest(name, known)}` });
      continue;
    }
    if (uses.some((use) => use.name === name)) {
      problems.push({ path: nameAt, message: `the ${singular} ${name} is listed twice.` });
      continue;
    }
    const { options: schema } = kind === 'audits' ? await plugins.audit(name) : await plugins.report(name);
    const parsed = check(schema, options ?? {}, [...at, 'options']);
    if ('problems' in parsed) problems.push(...parsed.problems);
    else uses.push({ name, options: parsed.value, at });
  }
  return uses;
}

const auditEntries = (written: NonNullable<RawConfig['audits']>) =>
  written.map((entry, index) => {
    const at = ['audits', index];
    return typeof entry === 'string'
      ? { name: entry, options: undefined, nameAt: at, at }
      : { name: entry.audit, options: entry.options, nameAt: [...at, 'audit'], at };
  });

const reportEntries = (written: NonNullable<RawConfig['reports']>) =>
  written.map((entry, index) => {
    const at = ['reports', index];
    return typeof entry === 'string'
      ? { name: entry, options: undefined, nameAt: at, at }
      : { name: entry.report, options: entry.options, nameAt: [...at, 'report'], at };
  });

export interface ResolveOptions {
  /** Absolute folder that the config's paths are relative to. */
  base: string;
  /** The config's name in messages and in the canonical command; absent when flags or code alone make the run. */
  name?: string;
  /** Where values were written; by default messages name only their path in the config. */
  locate?: ConfigSource['locate'];
  flags?: Flags;
  /** Absolute folder that paths in flags are relative to; default: the process's. */
  cwd?: string;
}

/**
 * @param raw a config as the YAML says it, or as code builds it
 * @throws InputError listing every problem with its place, the value, what was expected and the nearest valid name
 */
export async function resolveConfig(raw: unknown, options: ResolveOptions): Promise<ResolvedRun> {
  const { base, name, flags = {}, cwd = process.cwd() } = options;
  const written = { raw, base, locate: options.locate ?? (() => name ?? 'config') };
  const { raw: merged, locate } = applyFlags(written, flags, cwd);
  const checked = check(configSchema, merged);
  if ('problems' in checked) throw configError(checked.problems, locate);
  const config = checked.value;
  const plugins = await loadPlugins(config.plugins ?? [], base);

  const problems: Problem[] = [];
  const audited = resolveModels(config.models, base, problems);
  const baseline = resolveBaseline(config.baseline, config.models, base, problems);
  const models = baseline?.model === undefined ? audited : [...audited, baseline.model];
  const surrogates = resolveSurrogates(config.surrogates, config.models, base, problems);
  const data = resolveData(config.data, base, problems);
  const names = { models: audited.map((model) => model.name), surrogates: surrogates.map((model) => model.name) };
  const series = await resolveAttacks(config.attacks, plugins, data.classes, names, problems);
  const asked = series.map((one) => ({ ...one }));
  const audits = await resolveUses('audits', auditEntries(config.audits ?? defaultAudits), plugins, problems);
  const planned = await describePlanned(asked, plugins);
  let probed = 0;
  for (const { name: audit, options: auditOptions, at } of audits) {
    const needs = (await plugins.audit(audit)).needs?.(auditOptions, planned);
    if (needs === undefined) continue;
    await addNeeds(series, needs.evaluations, { name: audit, at }, plugins, problems);
    await addProbes(series, needs.probes ?? [], { name: audit, at }, plugins, problems);
    probed = Math.max(probed, needs.modelProbe?.examples ?? 0);
  }
  const reports = await resolveUses('reports', reportEntries(config.reports ?? defaultReports), plugins, problems);
  const gates = resolveGates(
    config.gates,
    { models: names.models, evaluations: evaluationsMade(series) },
    locate,
    problems,
  );
  const gating = resolveGating(config, flags, base, problems);
  const output = resolve(base, config.output ?? defaultOutput);
  if (data.folder !== undefined && isInside(data.folder, output))
    problems.push({ path: ['output'], message: 'the run folder must not lie inside the folder of images.' });
  const card = config.card === undefined ? undefined : find(base, config.card);
  if (card && 'problem' in card) problems.push({ path: ['card'], message: card.problem });
  if (problems.length > 0) throw configError(problems, locate);
  const read = card && 'path' in card ? { path: card.path, card: await readCard(card.path) } : undefined;

  const { workers, threads, 'batch-size': batchSize } = config.engine ?? {};
  const parts = {
    models,
    surrogates,
    data,
    audits: audits.map(({ name: audit, options: auditOptions }) => ({ name: audit, options: auditOptions })),
    gates,
    gating,
    ...(baseline !== undefined && { baseline: baseline.plan }),
    ...(config.decide === 'early' && { decide: config.decide }),
    reports: reports.map(({ name: report, options: reportOptions }) => ({ name: report, options: reportOptions })),
    ...(read && { card: read }),
    ...(config.history !== undefined && { history: resolve(base, config.history) }),
    gallery: { images: config.gallery?.images ?? ('show' as const), count: config.gallery?.count ?? 8 },
    engine: {
      ...(workers === undefined ? {} : { workers }),
      ...(threads === undefined ? {} : { threads }),
      ...(batchSize === undefined ? {} : { batchSize }),
    },
    seed: config.seed ?? 0,
    output,
    pluginFiles: plugins.files,
  };
  const invocation = { ...(name !== undefined && { config: name }), flags: canonicalFlags(flags, base, cwd) };
  return {
    ...parts,
    series,
    ...(probed > 0 && { modelProbe: { examples: probed } }),
    canonical: canonicalConfig(parts, asked, base),
    command: canonicalCommand(invocation),
    invocation,
  };
}
