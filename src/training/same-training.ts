/** Whether a training can come out as another did: the same settings, network, data, plugins, versions and kind of CPU. */
import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../errors.ts';
import type { TrainingRecord } from '../plugin/training-record.ts';
import type { Identity } from './identity.ts';

/** @throws InputError naming all that differs, with both values where they are short */
export function requireSameTraining(then: TrainingRecord, { facts: now, networkHash }: Identity, data: string): void {
  const short = (digest: string | undefined) => (digest === undefined ? 'none' : `sha256 ${digest.slice(0, 12)}…`);
  const pairs: [string, string, string][] = [
    ['the Proofhouse version', then.proofhouse, now.proofhouse],
    ['the ONNX Runtime version', then.engine.version, now.engine.version],
    ['the CPU instruction set', then.engine.instructionSet, now.engine.instructionSet],
    ...Object.keys(now.decoder).map((name): [string, string, string] => [
      `the ${name} version`,
      then.decoder[name] ?? 'none',
      now.decoder[name],
    ]),
    ['the network', short(then.network.sha256), short(networkHash)],
    ['the data', short(then.data.sha256), short(data)],
    ...now.plugins.map(({ file, sha256 }): [string, string, string] => [
      `the plugin ${file}`,
      short(then.plugins.find((plugin) => plugin.file === file)?.sha256),
      short(sha256),
    ]),
  ];
  // The selection's attack stands in the record with its defaults filled in.
  const settings = Object.entries(now.config)
    .filter(
      ([key, value]) => key !== 'selection' && !isDeepStrictEqual(then.config[key], JSON.parse(JSON.stringify(value))),
    )
    .map(([key]) => `${key} in the config`);
  const differing = [
    ...pairs.filter(([, a, b]) => a !== b).map(([name, a, b]) => `${name} (${a} then, ${b} now)`),
    ...settings,
  ];
  if (differing.length === 0) return;
  throw new InputError(
    `The training cannot be repeated as it was: ${differing.length === 1 ? 'this differs' : 'these differ'}: ${differing.join('; ')}.`,
    'Verify with the files and versions that training.json names.',
  );
}
