/** Optimiser, learning rate and schedule of a training config, with their defaults filled in. */
import type { Problem } from '../../config/problems.ts';
import type { TrainingPlan } from '../plan.ts';
import type { RawTraining } from './schema.ts';

/** Keys of an optimiser or a schedule that only one of its kind knows. */
const OWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  sgd: ['momentum', 'nesterov'],
  adamw: ['beta1', 'beta2', 'epsilon'],
  step: ['at', 'factor'],
  'one-cycle': ['peak'],
};

function refuseForeignKeys(section: 'optimizer' | 'schedule', written: Record<string, unknown>, problems: Problem[]) {
  for (const [owner, keys] of Object.entries(OWN_KEYS))
    for (const key of keys)
      if (owner !== written.name && written[key] !== undefined)
        problems.push({
          path: [section, key],
          message: `belongs to ${owner}, not to ${String(written.name)}.`,
          part: 'key',
        });
}

/** @param fresh whether the network begins with fresh weights */
export function resolveOptimization(
  raw: RawTraining,
  fresh: boolean,
  problems: Problem[],
): Pick<TrainingPlan, 'optimizer' | 'learningRate' | 'schedule'> {
  const optimizer = typeof raw.optimizer === 'object' ? raw.optimizer : { name: raw.optimizer ?? ('sgd' as const) };
  const schedule = typeof raw.schedule === 'object' ? raw.schedule : { name: raw.schedule ?? ('cosine' as const) };
  refuseForeignKeys('optimizer', optimizer, problems);
  refuseForeignKeys('schedule', schedule, problems);
  if (schedule.name === 'one-cycle' && schedule.warmup !== undefined)
    problems.push({ path: ['schedule', 'warmup'], message: 'one-cycle rises by itself, up to peak.', part: 'key' });
  const usual = optimizer.name === 'sgd' ? 0.05 : 0.001;
  return {
    optimizer:
      optimizer.name === 'sgd'
        ? {
            name: 'sgd',
            momentum: optimizer.momentum ?? 0.9,
            nesterov: optimizer.nesterov ?? optimizer.momentum !== 0,
            weightDecay: optimizer['weight-decay'] ?? 5e-4,
          }
        : {
            name: 'adamw',
            beta1: optimizer.beta1 ?? 0.9,
            beta2: optimizer.beta2 ?? 0.999,
            epsilon: optimizer.epsilon ?? 1e-8,
            weightDecay: optimizer['weight-decay'] ?? 0.01,
          },
    learningRate: raw['learning-rate'] ?? (fresh ? usual : usual / 5),
    schedule: resolveSchedule(schedule),
  };
}

function resolveSchedule(raw: Exclude<RawTraining['schedule'], string | undefined>): TrainingPlan['schedule'] {
  const { name, warmup = 0 } = raw;
  if (name === 'step')
    return { name, warmup, at: (raw.at ?? [0.5, 0.75]).toSorted((a, b) => a - b), factor: raw.factor ?? 0.1 };
  if (name === 'one-cycle') return { name, warmup, peak: raw.peak ?? 0.4 };
  return { name, warmup };
}
