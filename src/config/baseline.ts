/** `baseline:` of a config: a stored folder, or a model that meets the same attacks in the same run. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { resolveModels } from './models.ts';
import type { BaselinePlan, ModelPlan } from './plan.ts';
import type { Problem } from './problems.ts';
import type { RawConfig } from './schema.ts';

/** The name of a baseline's model in a run. */
const baselineName = 'baseline';

export interface ResolvedBaseline {
  plan: BaselinePlan;
  /** To be attacked beside the audited models. */
  model?: ModelPlan;
}

function resolveFolder(
  { folder, missing = 'warn' }: { folder: string; missing?: 'warn' | 'error' | undefined },
  base: string,
  at: PropertyKey[],
  problems: Problem[],
): ResolvedBaseline {
  const path = resolve(base, folder);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined && missing === 'error')
    problems.push({
      path: at,
      message: `there is no baseline in ${folder}. Store one: proofhouse baseline update <run>.`,
    });
  if (found !== undefined && !found.isDirectory())
    problems.push({ path: at, message: `expected a baseline folder; ${folder} is a file.` });
  return { plan: { source: 'folder', path, missing } };
}

export function resolveBaseline(
  raw: RawConfig['baseline'],
  models: RawConfig['models'],
  base: string,
  problems: Problem[],
): ResolvedBaseline | undefined {
  if (raw === undefined) return undefined;
  if (typeof raw === 'string') return resolveFolder({ folder: raw }, base, ['baseline'], problems);
  const { folder, missing, model } = raw;
  if ((folder === undefined) === (model === undefined)) {
    problems.push({
      path: ['baseline'],
      message:
        folder === undefined
          ? 'names nothing: give it a folder or a model.'
          : 'has both a folder and a model: give it one of them.',
    });
    return undefined;
  }
  if (folder !== undefined) return resolveFolder({ folder, missing }, base, ['baseline', 'folder'], problems);
  if (missing !== undefined)
    problems.push({
      path: ['baseline', 'missing'],
      message: 'is about a folder; a model that is missing is always an error.',
    });
  const audited = Object.entries(models);
  if (audited.length !== 1)
    problems.push({
      path: ['baseline', 'model'],
      message: `is compared with the one model of a run; this run has ${audited.length}. Audit one of them, or store a baseline folder.`,
    });
  if (Object.hasOwn(models, baselineName))
    problems.push({
      path: ['models', baselineName],
      message: `is what the baseline's model is called; choose another name.`,
    });
  const asMapping = (written: RawConfig['models'][string]) =>
    typeof written === 'string' ? { file: written } : written;
  const inherited = asMapping(audited[0]?.[1] ?? '');
  // The old model takes the images as the new one does, but for what the config says of it.
  const written = { ...inherited, ...asMapping(model as RawConfig['models'][string]) };
  const found: Problem[] = [];
  const [plan] = resolveModels({ [baselineName]: written }, base, found);
  const place = (path: PropertyKey[]) => ['baseline', 'model', ...(typeof model === 'string' ? [] : path.slice(2))];
  problems.push(...found.map((problem) => ({ ...problem, path: place(problem.path) })));
  return { plan: { source: 'model', model: baselineName }, model: plan };
}
