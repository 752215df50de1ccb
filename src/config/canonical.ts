/**
 * A resolved run in the config's own words, and as a command: the form that stands in `results.json`, so it holds
 * nothing that differs between machines or that does not change results.
 */
import { resolve } from 'node:path';
import { type Flags, splitModelFlag } from './flags.ts';
import { canonicalGate } from './gates.ts';
import { projectPath } from './paths.ts';
import type { DataPlan, SeriesPlan } from './plan.ts';
import type { ResolvedRun } from './resolved.ts';
import { defaultName } from './series.ts';
import { shellWord } from './shell-word.ts';

type Parts = Omit<ResolvedRun, 'canonical' | 'command' | 'invocation' | 'series'>;

const attackEntry = ({ id, attack, surrogate, norm, epsilons, target, options }: SeriesPlan) => {
  const name = id.slice(0, id.lastIndexOf(':'));
  return {
    attack,
    ...(surrogate === undefined ? {} : { surrogate }),
    ...(name === defaultName({ attack, surrogate }) ? {} : { name }),
    norm,
    epsilon: epsilons.map(({ text }) => text),
    target,
    options,
  };
};

/** `data:` in the config's own words. @param base absolute folder of the project */
export function canonicalData({ folder, manifest, columns, root, ...data }: DataPlan, base: string) {
  const source =
    folder === undefined
      ? { manifest: projectPath(base, manifest ?? ''), ...columns }
      : { folder: projectPath(base, folder) };
  return { ...source, ...(root === undefined ? {} : { root: projectPath(base, root) }), ...data };
}

/**
 * @param asked the user's own series, without what audits added (they ask for it again when the run is repeated)
 * @param base absolute folder of the project
 */
export function canonicalConfig(parts: Parts, asked: readonly SeriesPlan[], base: string): Record<string, unknown> {
  const files = (models: ResolvedRun['models']) =>
    Object.fromEntries(
      models.map(({ name, path, preprocessing }) => [name, { file: projectPath(base, path), ...preprocessing }]),
    );
  const { baseline } = parts;
  const [audited, [reference]] =
    baseline?.source === 'model'
      ? [
          parts.models.filter(({ name }) => name !== baseline.model),
          parts.models.filter(({ name }) => name === baseline.model),
        ]
      : [parts.models, []];
  return {
    models: files(audited),
    ...(parts.surrogates.length > 0 && { surrogates: files(parts.surrogates) }),
    data: canonicalData(parts.data, base),
    attacks: asked.map(attackEntry),
    audits: parts.audits.map(({ name, options }) => ({ audit: name, options })),
    gates: parts.gates.map(canonicalGate),
    ...(parts.decide && { decide: parts.decide }),
    inconclusive: { 'pull-request': parts.gating.byContext['pull-request'], release: parts.gating.byContext.release },
    ...(parts.gating.acceptedRisks !== undefined && {
      'accepted-risks': projectPath(base, parts.gating.acceptedRisks),
    }),
    ...(baseline?.source === 'folder' && {
      baseline: { folder: projectPath(base, baseline.path), missing: baseline.missing },
    }),
    ...(reference !== undefined && { baseline: { model: files([reference])[reference.name] } }),
    reports: parts.reports.map(({ name, options }) => ({ report: name, options })),
    plugins: parts.pluginFiles.map((file) => projectPath(base, file)),
    ...(parts.card !== undefined && { card: projectPath(base, parts.card.path) }),
    ...(parts.history !== undefined && { history: projectPath(base, parts.history) }),
    gallery: parts.gallery,
    seed: parts.seed,
  };
}

/** How a run was asked for, with nothing that changes no result: what it takes to ask for it again. */
export interface Invocation {
  /** Name of the config file; absent when flags or code alone made the run. */
  config?: string;
  /** Paths as seen from the project. */
  flags: Flags;
}

/**
 * The flags that change results, with paths as seen from `base`.
 * @param cwd absolute folder that paths in flags are relative to
 */
export function canonicalFlags(flags: Flags, base: string, cwd: string): Flags {
  const path = (written: string) => projectPath(base, resolve(cwd, written));
  const model = (flag: string) => {
    const { name, file } = splitModelFlag(flag);
    return file === flag ? path(file) : `${name}=${path(file)}`;
  };
  const { data, attack, norm, epsilon, mean, std, channels, layout, range, limit, images, seed } = flags;
  const { decide, context, failOn, reportOnly } = flags;
  const all = {
    model: flags.model?.map(model),
    data: data === undefined ? undefined : path(data),
    baseline: flags.baseline === undefined ? undefined : path(flags.baseline),
    baselineModel: flags.baselineModel === undefined ? undefined : path(flags.baselineModel),
    history: flags.history === undefined ? undefined : path(flags.history),
    attack,
    norm,
    epsilon,
    mean,
    std,
    channels,
    layout,
    range,
    limit,
    images,
    seed,
    decide,
    context,
    failOn,
    reportOnly,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== false)) as Flags;
}

/** `proofhouse run proofhouse.yaml --seed 3`: the config's name without its folder, then the flags in a fixed order. */
export function canonicalCommand({ config, flags }: Invocation): string {
  const words = Object.entries(flags as Record<string, string | string[] | true>).flatMap(([key, value]) => {
    const flag = `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return value === true ? [flag] : [value].flat().map((one) => `${flag} ${shellWord(one)}`);
  });
  return ['proofhouse run', ...(config === undefined ? [] : [shellWord(config)]), ...words].join(' ');
}
