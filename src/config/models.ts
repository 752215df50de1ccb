/** `models:` of a config, with its defaults filled in. */
import { find } from './paths.ts';
import type { ModelPlan, Preprocessing } from './plan.ts';
import type { Problem } from './problems.ts';
import type { RawConfig, RawPreprocessing } from './schema.ts';

const channelCount = { rgb: 3, bgr: 3, gray: 1 } as const;

/** Checks the numbers of a model's preprocessing and spreads single values over its channels. */
export function resolvePreprocessing(raw: RawPreprocessing, at: PropertyKey[], problems: Problem[]): Preprocessing {
  const channels = raw.channels ?? 'rgb';
  const count = channelCount[channels];
  const perChannel = (key: 'mean' | 'std', fallback: number): number[] => {
    const values = [raw[key] ?? fallback].flat();
    if (values.length === 1) return Array.from({ length: count }, () => values[0]);
    if (values.length !== count)
      problems.push({
        path: [...at, key],
        message: `expected ${count === 1 ? '1 value' : `1 or ${count} values`} for channels: ${channels}; got ${values.length}.`,
      });
    return values;
  };
  const range = raw.range ?? [0, 1];
  if (range[0] >= range[1])
    problems.push({
      path: [...at, 'range'],
      message: `expected black below white, as in [0, 255]; got [${range.join(', ')}].`,
    });
  return { mean: perChannel('mean', 0), std: perChannel('std', 1), channels, layout: raw.layout ?? 'auto', range };
}

export function resolveModels(raw: RawConfig['models'], base: string, problems: Problem[]): ModelPlan[] {
  if (Object.keys(raw).length === 0)
    problems.push({ path: ['models'], message: 'names no model; at least one is needed.' });
  return resolveFiles(raw, 'models', base, problems);
}

/** `surrogates:` of a config. Attacks name them beside the audited models, so that no name may be both. */
export function resolveSurrogates(
  raw: RawConfig['surrogates'] = {},
  models: RawConfig['models'],
  base: string,
  problems: Problem[],
): ModelPlan[] {
  for (const name of Object.keys(raw))
    if (Object.hasOwn(models, name))
      problems.push({ path: ['surrogates', name], message: 'is the name of an audited model too; choose another.' });
  return resolveFiles(raw, 'surrogates', base, problems);
}

function resolveFiles(
  raw: RawConfig['models'],
  section: 'models' | 'surrogates',
  base: string,
  problems: Problem[],
): ModelPlan[] {
  return Object.entries(raw).map(([name, written]) => {
    const at = [section, name];
    const model = typeof written === 'string' ? { file: written } : written;
    const found = find(base, model.file);
    const fileAt = typeof written === 'string' ? at : [...at, 'file'];
    if ('problem' in found) problems.push({ path: fileAt, message: found.problem });
    else if (!found.stats.isFile())
      problems.push({ path: fileAt, message: `expected an ONNX file; ${model.file} is a folder.` });
    return {
      name,
      path: 'path' in found ? found.path : model.file,
      preprocessing: resolvePreprocessing(model, at, problems),
    };
  });
}
