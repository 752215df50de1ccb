/** The programmatic API: what `proofhouse run` does, from code. */
import { type AuditHooks, audit as auditResolved } from './audit.ts';
import { resolveConfig } from './config/resolve.ts';
import type { RawConfig } from './config/schema.ts';
import { loadConfig } from './config/source.ts';
import type { RunRecord } from './plugin/record.ts';

export type { RunEvent } from './audit-events.ts';
export type { RawConfig as Config } from './config/schema.ts';
export { InputError } from './errors.ts';
export type * from './plugin/finding.ts';
export type * from './plugin/outcome.ts';
export type * from './plugin/record.ts';
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
