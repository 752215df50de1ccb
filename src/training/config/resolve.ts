/** From a training config as written to a plan. Everything that can be known to be wrong is told here, at once. */
import { resolve } from 'node:path';
import { resolveData } from '../../config/data.ts';
import { resolvePreprocessing } from '../../config/models.ts';
import { find, isInside } from '../../config/paths.ts';
import { check, configError, type Problem, show } from '../../config/problems.ts';
import { shellWord } from '../../config/shell-word.ts';
import type { ConfigSource } from '../../config/source.ts';
import { suggest } from '../../config/suggest.ts';
import { loadPlugins } from '../../plugins.ts';
import { networkNames } from '../networks/index.ts';
import type { NetworkSource, TrainingPlan } from '../plan.ts';
import { resolveObjective, resolveSelection } from './adversaries.ts';
import { resolveOptimization } from './optimization.ts';
import { type RawTraining, trainingSchema } from './schema.ts';

export interface ResolvedTraining {
  plan: TrainingPlan;
  /** Longest time between checkpoints. Changes no result. */
  checkpointMinutes: number;
  /** Absolute folder that the config's paths were relative to. */
  base: string;
  /** The command that repeats the training. */
  command: string;
  /** Name of the config's file; absent where code made it. */
  configFile?: string;
}

export interface ResolveTrainingOptions {
  /** Absolute folder that the config's paths are relative to. */
  base: string;
  /** The config's name in messages and in the command; absent where code made it. */
  name?: string;
  locate?: ConfigSource['locate'];
  /** Wins over the config's; relative to the process's folder. */
  output?: string | undefined;
}

/**
 * @param raw a training config as the YAML says it, or as code builds it
 * @throws InputError listing every problem with its place, the value, what was expected and the nearest valid name
 */
export async function resolveTraining(raw: unknown, options: ResolveTrainingOptions): Promise<ResolvedTraining> {
  const { base, name, locate = () => name ?? 'config' } = options;
  const checked = check(trainingSchema, raw);
  if ('problems' in checked) throw configError(checked.problems, locate);
  const config = checked.value;
  const plugins = await loadPlugins(config.plugins ?? [], base);

  const problems: Problem[] = [];
  const network = resolveNetwork(config.network, base, problems);
  const fresh = 'family' in network || network.initialise;
  const usual = 'family' in network ? { mean: 0.5, std: 0.25 } : {};
  const data = resolveData(config.data, base, problems);
  const objective = await resolveObjective(config.objective, plugins, problems);
  const selection = await resolveSelection(config.selection, objective?.inner, plugins, problems);
  const { flip = true, crop = 4, 'colour-jitter': colourJitter, cutout, mixup } = config.augmentation ?? {};
  const optimization = resolveOptimization(config, fresh, problems);
  const preprocessing = resolvePreprocessing({ ...usual, ...config.preprocessing }, ['preprocessing'], problems);
  const batch = resolveBatch(config, problems);
  const output = resolve(...(options.output === undefined ? [base, config.output ?? 'training'] : [options.output]));
  if (data.folder !== undefined && isInside(data.folder, output))
    problems.push({ path: ['output'], message: 'the output folder must not lie inside the folder of images.' });
  if (objective === undefined || problems.length > 0) throw configError(problems, locate);

  const { workers, threads } = config.engine ?? {};
  return {
    plan: {
      network,
      preprocessing,
      data,
      heldOut: config['held-out'] ?? 0.1,
      objective: objective.objective,
      epochs: config.epochs ?? 30,
      ...batch,
      ...optimization,
      ...(config.clip !== undefined && { clip: config.clip }),
      ...(config.average !== undefined && { average: config.average }),
      labelSmoothing: config['label-smoothing'] ?? 0,
      augmentation: {
        flip,
        crop,
        ...(colourJitter !== undefined && { colourJitter }),
        ...(cutout !== undefined && { cutout }),
        ...(mixup !== undefined && { mixup }),
      },
      selection,
      engine: { ...(workers !== undefined && { workers }), ...(threads !== undefined && { threads }) },
      seed: config.seed ?? 0,
      output,
      pluginFiles: plugins.files,
    },
    checkpointMinutes: config['checkpoint-minutes'] ?? 10,
    base,
    ...(name !== undefined && { configFile: name }),
    command: ['proofhouse train', ...(name === undefined ? [] : [shellWord(name)])].join(' '),
  };
}

/** A text is a family's name, or else a file's. */
function resolveNetwork(raw: RawTraining['network'], base: string, problems: Problem[]): NetworkSource {
  if (typeof raw === 'string' && networkNames.includes(raw)) return { family: raw };
  const { file, scope = 'all', initialise = false } = typeof raw === 'string' ? { file: raw } : raw;
  const path = typeof raw === 'string' ? ['network'] : ['network', 'file'];
  const found = find(base, file);
  if ('problem' in found) {
    const family = typeof raw === 'string' && !/[./\\]/.test(raw);
    problems.push({
      path,
      message: family
        ? `there is no network ${show(raw)}, nor a file of that name.${suggest(raw, networkNames)}`
        : found.problem,
    });
    return { file, scope, initialise };
  }
  if (!found.stats.isFile()) problems.push({ path, message: `expected an ONNX file; ${file} is a folder.` });
  return { file: found.path, scope, initialise };
}

function resolveBatch(config: RawTraining, problems: Problem[]): Pick<TrainingPlan, 'batchSize' | 'portion'> {
  const batchSize = config['batch-size'] ?? 64;
  const portion = config.portion ?? usualPortion(batchSize);
  if (batchSize % portion !== 0)
    problems.push({
      path: ['portion'],
      message: `expected a divisor of batch-size, which is ${batchSize}; got ${portion}.`,
    });
  return { batchSize, portion };
}

/** Statistics of few images are poor, and of many leave threads without work. */
function usualPortion(batchSize: number): number {
  for (let portion = 32; portion >= 8; portion--) if (batchSize % portion === 0) return portion;
  return batchSize;
}
