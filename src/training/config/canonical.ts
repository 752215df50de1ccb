/** A training plan in the config's own words, with every default filled in: what the record says, and a config that can be trained again. */
import { canonicalData } from '../../config/canonical.ts';
import { projectPath } from '../../config/paths.ts';
import type { TrainingPlan } from '../plan.ts';

/** `weightDecay` → `weight-decay`. */
const kebab = (values: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      value as unknown,
    ]),
  );

/** Holds nothing that changes no result: no speed settings, no output. @param base absolute folder of the config */
export function canonicalTraining(plan: TrainingPlan, base: string): Record<string, unknown> {
  const { network } = plan;
  return {
    network: 'family' in network ? network.family : { ...network, file: projectPath(base, network.file) },
    preprocessing: plan.preprocessing,
    data: canonicalData(plan.data, base),
    'held-out': plan.heldOut,
    objective: plan.objective,
    epochs: plan.epochs,
    'batch-size': plan.batchSize,
    portion: plan.portion,
    optimizer: kebab(plan.optimizer),
    'learning-rate': plan.learningRate,
    schedule: plan.schedule,
    ...(plan.clip !== undefined && { clip: plan.clip }),
    ...(plan.average !== undefined && { average: plan.average }),
    'label-smoothing': plan.labelSmoothing,
    augmentation: kebab(plan.augmentation),
    selection: plan.selection,
    seed: plan.seed,
    plugins: plan.pluginFiles.map((file) => projectPath(base, file)),
  };
}
