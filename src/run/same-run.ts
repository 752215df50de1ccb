/** Whether a run can come out as another did: the same config, models, data, plugins, versions and kind of CPU. */
import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../errors.ts';
import { baselineInput } from './inputs.ts';
import type { Manifest } from './manifest.ts';

/** Values longer than this are named, not shown. */
const longestShown = 80;

/** @throws InputError naming all that differs, with both values where they are short */
export function requireSameRun(then: Manifest, now: Manifest): void {
  const keys = [...new Set([...Object.keys(then.config), ...Object.keys(now.config)])];
  const config = keys
    .filter((key) => !isDeepStrictEqual(plain(then.config[key]), plain(now.config[key])))
    .map((key) => `${key} in the config`);
  const inputs = changedInputs(then.inputs, now.inputs);
  const names = [...new Set([...Object.keys(then.plan), ...Object.keys(now.plan)])];
  const plan = names
    .filter((name) => then.plan[name] !== now.plan[name])
    .map((name) => {
      const [before, after] = [then.plan[name] ?? 'none', now.plan[name] ?? 'none'];
      return before.length + after.length > 2 * longestShown ? name : `${name} (${before} then, ${after} now)`;
    });
  const differing = [...plan, ...config, ...inputs];
  if (differing.length === 0) return;
  throw new InputError(
    `The run cannot be repeated as it was: ${differing.length === 1 ? 'this differs' : 'these differ'}: ${differing.join('; ')}.`,
    `Verify with the files and versions that manifest.json names${inputs.some((input) => input.startsWith(baselineInput)) ? ' (the baseline by --baseline, if it lies elsewhere)' : ''}, or make the run again as things are now.`,
  );
}

function changedInputs(then: Manifest['inputs'] = {}, now: Manifest['inputs'] = {}): string[] {
  const short = (digest: string | undefined) => (digest === undefined ? 'none' : `sha256 ${digest.slice(0, 12)}…`);
  return [...new Set([...Object.keys(then), ...Object.keys(now)])]
    .filter((name) => then[name] !== now[name])
    .map((name) => `${name} (${short(then[name])} then, ${short(now[name])} now)`);
}

/** As JSON would read it back. */
const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
