/** The files of a training that has ended: the network, its record, its report, and an audit of it. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeModel } from '../onnx/write.ts';
import type { TrainingRecord } from '../plugin/training-record.ts';
import { loadPlugins } from '../plugins.ts';
import { describeDataset } from '../run/dataset-facts.ts';
import { digestsOf } from '../run/digests.ts';
import { writeAtomically } from '../run/folder.ts';
import { version } from '../version.ts';
import { AUDIT_FILES, auditConfig, heldOutManifest } from './audit-config.ts';
import type { Begun } from './begin.ts';
import { CHECKPOINT } from './checkpoint.ts';
import { learntNothing } from './ending.ts';
import type { Identity } from './identity.ts';
import { namedValues } from './layout.ts';
import { withValues } from './network.ts';
import type { TrainingState } from './state.ts';

export const TRAINING_FILES = {
  checkpoint: CHECKPOINT,
  model: 'model.onnx',
  record: 'training.json',
  digests: 'digests.json',
  report: 'training.html',
  log: 'log.json',
  ...AUDIT_FILES,
} as const;

/** The network with the weights of the kept epoch, as an ONNX file. Normalisations stay as they are, so that training can go on from it. */
export function trainedModel(
  { network, fit }: Begun,
  { weights, statistics }: NonNullable<TrainingState['best']>,
): Uint8Array {
  const graph = withValues(network.graph, namedValues(fit.layout, weights, statistics));
  return writeModel({ ...graph, producer: `proofhouse ${version}` });
}

export async function recordOf(
  { fit, dataset, dataHash }: Begun,
  { facts, networkHash }: Identity,
  state: TrainingState & { best: NonNullable<TrainingState['best']> },
  end: TrainingRecord['end'],
  model: Uint8Array,
): Promise<TrainingRecord> {
  const { plan, layout, parts } = fit;
  const plugins = await loadPlugins(plan.pluginFiles, '/');
  const { name, title, reference } = await plugins.objective(plan.objective.name);
  const { options } = await plugins.attack(plan.selection.attack.attack);
  const attack = { ...plan.selection.attack, options: options.parse(plan.selection.attack.options) };
  return {
    schemaVersion: 1,
    ...facts,
    config: { ...facts.config, selection: { ...plan.selection, attack } },
    network: {
      name: 'family' in plan.network ? plan.network.family : basename(plan.network.file),
      ...(networkHash !== undefined && { sha256: networkHash }),
      trained: layout.parameterCount,
    },
    objective: { name, title, reference },
    data: {
      ...describeDataset(dataset, dataHash),
      classes: dataset.classes,
      training: parts.training.length,
      heldOut: parts.heldOut.length,
    },
    curves: state.curves,
    best: state.best.epoch + 1,
    bestBy: fit.measure,
    end,
    model: {
      file: TRAINING_FILES.model,
      sha256: createHash('sha256').update(model).digest('hex'),
      bytes: model.length,
    },
    notes: [...(dataset.notes ?? []), ...learntNothing(state.curves[state.best.epoch], fit.heldOut)],
  };
}

/**
 * Writes all files that the same inputs and seed give again.
 *
 * @param folder absolute, that the audit's paths are relative to
 * @throws InputError when the disk is full or the folder went away
 */
export async function writeResult(
  { fit: { plan, parts }, dataset }: Begun,
  record: TrainingRecord,
  model: Uint8Array,
  folder: string,
): Promise<void> {
  const { default: render } = await import('../../reports/training-html/index.ts');
  const contents = new Map<string, string | Uint8Array>([
    [TRAINING_FILES.model, model],
    [TRAINING_FILES.heldOut, heldOutManifest(plan, dataset, parts.heldOut)],
    [TRAINING_FILES.config, auditConfig(plan, dataset, TRAINING_FILES.model, folder)],
    [TRAINING_FILES.report, render(record)],
    [TRAINING_FILES.record, `${JSON.stringify(record, null, 2)}\n`],
  ]);
  contents.set(TRAINING_FILES.digests, `${JSON.stringify(digestsOf(contents), null, 2)}\n`);
  for (const [file, content] of contents) await writeAtomically(join(plan.output, file), content);
}

/** Removes what an earlier training wrote; files of others stay. */
export async function clearTraining(folder: string): Promise<void> {
  for (const file of Object.values(TRAINING_FILES)) await rm(join(folder, file), { force: true });
}
