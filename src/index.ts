/** The programmatic API: what `proofhouse run` and `proofhouse train` do, from code. */
import { type AuditHooks, audit as auditResolved } from './audit.ts';
import { resolveConfig } from './config/resolve.ts';
import type { RawConfig } from './config/schema.ts';
import { loadConfig } from './config/source.ts';
import type { RunRecord } from './plugin/record.ts';
import type { TrainingRecord } from './plugin/training-record.ts';
import { resolveTraining } from './training/config/resolve.ts';
import type { RawTraining } from './training/config/schema.ts';
import { type TrainHooks, train as trainResolved } from './training/train.ts';

export type { RunEvent } from './audit-events.ts';
export type { RawConfig as Config } from './config/schema.ts';
export { InputError } from './errors.ts';
export type * from './plugin/finding.ts';
export type * from './plugin/outcome.ts';
export type * from './plugin/record.ts';
export type * from './plugin/training-record.ts';
export type { RawTraining as TrainingConfig } from './training/config/schema.ts';
export type { TrainingEvent } from './training/train.ts';
export { version } from './version.ts';

export interface AuditOptions extends AuditHooks {
  /** Folder that a config object's relative paths start from; default: the current one. */
  base?: string;
}

/**
 * Audits the models of a config and writes the run folder, as `proofhouse run` does.
 *
 * @param config path of a YAML config, or the same as an object
 * @returns the complete record (`results.json`) and the folder it was written to
 * @throws InputError where the config, a model or the data is wrong: the message says what, where and how to mend it
 */
export async function audit(
  config: string | RawConfig,
  { base = process.cwd(), ...hooks }: AuditOptions = {},
): Promise<{ record: RunRecord; folder: string }> {
  const source = typeof config === 'string' ? await loadConfig(config) : { raw: config, base };
  return auditResolved(await resolveConfig(source.raw, source), hooks);
}

export interface TrainOptions extends TrainHooks {
  /** Folder that a config object's relative paths start from; default: the current one. */
  base?: string;
}

/**
 * Trains a network and writes it with its record, report and an audit config, as `proofhouse train` does.
 *
 * @param config path of a YAML training config, or the same as an object
 * @returns the complete record (`training.json`) and the folder it was written to
 * @throws InputError where the config, the network or the data is wrong, or training diverges: the message says how to mend it
 */
export async function train(
  config: string | RawTraining,
  { base = process.cwd(), ...hooks }: TrainOptions = {},
): Promise<{ record: TrainingRecord; folder: string }> {
  const source = typeof config === 'string' ? await loadConfig(config) : { raw: config, base };
  return trainResolved(await resolveTraining(source.raw, source), hooks);
}
