/** A run as the command line names it: a config file with flags that win over it, or flags alone. */
import { dirname, resolve } from 'node:path';
import type { Flags } from '../config/flags.ts';
import type { ResolvedRun } from '../config/resolved.ts';

/** Absolute folder that a run's config is in. */
export const baseOf = (config: string | undefined): string =>
  config === undefined ? process.cwd() : dirname(resolve(config));

/** @throws InputError for anything wrong with the config or the flags */
export async function loadRun(config: string | undefined, flags: Flags): Promise<ResolvedRun> {
  const [{ loadConfig }, { resolveConfig }] = await Promise.all([
    import('../config/source.ts'),
    import('../config/resolve.ts'),
  ]);
  const source = config === undefined ? { raw: {}, base: process.cwd() } : await loadConfig(config);
  return resolveConfig(source.raw, { ...source, flags });
}
