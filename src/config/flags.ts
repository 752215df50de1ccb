/** Command-line flags as a config: they replace what the config file says, and errors name the flag instead of a line. */
import { statSync } from 'node:fs';
import { extname, parse, relative, resolve } from 'node:path';
import { InputError } from '../errors.ts';
import { defaultAttacks } from './series.ts';
import type { ConfigSource, Locate } from './source.ts';

/** As typed; what they mean is checked with the rest of the config. */
export interface Flags {
  /** Files, or name=file. */
  model?: string[];
  data?: string;
  attack?: string[];
  norm?: string;
  /** Comma list. */
  epsilon?: string;
  /** Comma lists, one value per channel. */
  mean?: string;
  std?: string;
  channels?: string;
  layout?: string;
  /** 'low,high'. */
  range?: string;
  output?: string;
  history?: string;
  seed?: string;
  workers?: string;
  threads?: string;
  batchSize?: string;
  limit?: string;
  images?: string;
  /** 'all' or 'early'. */
  decide?: string;
  /** 'release' or 'pull-request'. */
  context?: string | undefined;
  failOn?: string | undefined;
  reportOnly?: boolean | undefined;
  /** Folder. */
  baseline?: string;
  /** ONNX file. */
  baselineModel?: string;
}

type Mapping = Record<string, unknown>;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A number where the text is one; otherwise the text itself, for the schema to refuse by name. */
const numberOrText = (text: string) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text);
const numbers = (list: string) => list.split(',').map(numberOrText);
const texts = (list: string) => list.split(',').map((item) => item.trim());

/** A model's name from its file's: what may stand in ids, nothing else. */
export const modelName = (file: string) =>
  parse(file)
    .name.replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64) || 'model';

/** `name=file`, or a file whose name names the model. */
export function splitModelFlag(flag: string): { name: string; file: string } {
  const [, name, file] = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)$/.exec(flag) ?? [];
  return file === undefined ? { name: modelName(flag), file: flag } : { name, file };
}

function modelsFrom(flags: readonly string[], fromBase: (path: string) => string): Record<string, string> {
  const models: Record<string, string> = {};
  for (const flag of flags) {
    const { name, file } = splitModelFlag(flag);
    if (Object.hasOwn(models, name))
      throw new InputError(
        `--model: two models would both be called ${name}.`,
        'Name them yourself: --model first=a.onnx --model second=b.onnx',
      );
    models[name] = fromBase(file);
  }
  return models;
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? extname(path) === '';

/** The config's data with another source; what only belongs to the kind of source it had before is dropped. */
function dataFrom(base: string, path: string, before: unknown): Mapping {
  const kept: Mapping = isMapping(before) ? { ...before } : {};
  delete kept.folder;
  delete kept.manifest;
  if (!isFolder(resolve(base, path))) return { ...kept, manifest: path };
  for (const key of ['path', 'label', 'id', 'groups', 'root']) delete kept[key];
  return { ...kept, folder: path };
}

/**
 * Lays flags over a config that has not been checked yet.
 * @param cwd absolute folder that paths in flags are relative to
 */
export function applyFlags({ raw, base, locate }: Omit<ConfigSource, 'name'>, flags: Flags, cwd: string) {
  const config: Mapping = isMapping(raw) ? structuredClone(raw) : {};
  const set: { path: PropertyKey[]; flag: string }[] = [];
  const section = (name: string): Mapping => {
    const written = config[name];
    const mapping = isMapping(written) ? written : {};
    config[name] = mapping;
    return mapping;
  };
  const put = (target: Mapping, path: PropertyKey[], flag: string, value: unknown) => {
    target[String(path.at(-1))] = value;
    set.push({ path, flag });
  };

  const fromBase = (path: string) => relative(base, resolve(cwd, path)) || '.';

  if (flags.model) put(config, ['models'], '--model', modelsFrom(flags.model, fromBase));
  const preprocessing = {
    mean: flags.mean && numbers(flags.mean),
    std: flags.std && numbers(flags.std),
    channels: flags.channels,
    layout: flags.layout,
    range: flags.range && numbers(flags.range),
  };
  const preprocessingFlags = Object.entries(preprocessing).filter(([, value]) => value !== undefined);
  if (preprocessingFlags.length > 0 && isMapping(config.models))
    for (const [name, written] of Object.entries(config.models)) {
      const model: Mapping = isMapping(written) ? written : { file: written };
      for (const [key, value] of preprocessingFlags) put(model, ['models', name, key], `--${key}`, value);
      config.models[name] = model;
    }

  if (flags.data !== undefined) put(config, ['data'], '--data', dataFrom(base, fromBase(flags.data), config.data));
  if (flags.limit !== undefined) {
    if (typeof config.data === 'string') config.data = dataFrom(base, config.data, {});
    put(section('data'), ['data', 'limit'], '--limit', numberOrText(flags.limit));
  }

  if (flags.attack)
    put(
      config,
      ['attacks'],
      '--attack',
      flags.attack.map((attack) => ({ attack })),
    );
  const attacks = config.attacks ?? [...defaultAttacks];
  if ((flags.norm !== undefined || flags.epsilon !== undefined) && Array.isArray(attacks))
    config.attacks = attacks.map((written: unknown, index) => {
      const attack: Mapping = isMapping(written) ? written : { attack: written };
      if (flags.norm !== undefined) put(attack, ['attacks', index, 'norm'], '--norm', flags.norm);
      if (flags.epsilon !== undefined) put(attack, ['attacks', index, 'epsilon'], '--epsilon', texts(flags.epsilon));
      return attack;
    });

  if (flags.baseline !== undefined && flags.baselineModel !== undefined)
    throw new InputError(
      '--baseline and --baseline-model contradict each other.',
      'Compare with a folder, or with a model.',
    );
  if (flags.baseline !== undefined) {
    const missing = isMapping(config.baseline) ? config.baseline.missing : undefined;
    put(config, ['baseline'], '--baseline', {
      folder: fromBase(flags.baseline),
      ...(missing !== undefined && { missing }),
    });
  }
  if (flags.baselineModel !== undefined)
    put(config, ['baseline'], '--baseline-model', { model: fromBase(flags.baselineModel) });
  if (flags.images !== undefined) put(section('gallery'), ['gallery', 'images'], '--images', flags.images);
  const engine = { workers: flags.workers, threads: flags.threads, 'batch-size': flags.batchSize };
  for (const [key, value] of Object.entries(engine))
    if (value !== undefined) put(section('engine'), ['engine', key], `--${key}`, numberOrText(value));
  if (flags.decide !== undefined) put(config, ['decide'], '--decide', flags.decide);
  if (flags.seed !== undefined) put(config, ['seed'], '--seed', numberOrText(flags.seed));
  if (flags.history !== undefined) put(config, ['history'], '--history', fromBase(flags.history));
  if (flags.output !== undefined) put(config, ['output'], '--output', fromBase(flags.output));

  const locateFlag: Locate = (path, part) =>
    set.findLast(({ path: flagged }) => flagged.every((key, index) => key === path[index]))?.flag ?? locate(path, part);
  return { raw: isMapping(raw) || raw === undefined ? config : raw, locate: locateFlag };
}
