/** What a training's weights depend on: hashes of its files and data, its hyper-parameters, and the versions that compute. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import sharp from 'sharp';
import { instructionSet } from '../engine/machine.ts';
import { engineVersion } from '../engine/session.ts';
import type { TrainingRecord } from '../plugin/training-record.ts';
import { version } from '../version.ts';
import { canonicalTraining } from './config/canonical.ts';
import type { ResolvedTraining } from './config/resolve.ts';

export interface Identity {
  /** What the record says of them. */
  facts: Pick<
    TrainingRecord,
    'proofhouse' | 'engine' | 'decoder' | 'seed' | 'config' | 'plugins' | 'command' | 'configFile'
  >;
  /** SHA-256 of the file that training begins with. */
  networkHash?: string;
  /** Each part under a name that an error message can use; a checkpoint with another value of any is of another training. */
  plan: Record<string, string>;
}

const hashOf = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

export async function identityOf(
  { plan, base, command, configFile }: ResolvedTraining,
  dataHash: string,
): Promise<Identity> {
  const config = canonicalTraining(plan, base);
  const plugins = await Promise.all(
    plan.pluginFiles.map(async (file) => ({ file: basename(file), sha256: await hashOf(file) })),
  );
  const networkHash = 'file' in plan.network ? await hashOf(plan.network.file) : undefined;
  const engine = {
    name: 'onnxruntime-node',
    version: engineVersion(),
    device: 'cpu',
    instructionSet: instructionSet(),
  };
  const source = 'file' in plan.network ? { ...plan.network, file: networkHash } : plan.network.family;
  // Of network, data and plugins their content counts, and not where they lie.
  const settings = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
  return {
    facts: {
      proofhouse: version,
      engine,
      decoder: { sharp: sharp.versions.sharp ?? '', vips: sharp.versions.vips },
      command,
      ...(configFile !== undefined && { configFile }),
      seed: plan.seed,
      config,
      plugins,
    },
    ...(networkHash !== undefined && { networkHash }),
    plan: {
      ...(Object.fromEntries(settings) as Record<string, string>),
      network: JSON.stringify(source),
      data: dataHash,
      plugins: JSON.stringify(plugins.map(({ sha256 }) => sha256)),
      'Proofhouse version': version,
      'ONNX Runtime version': engine.version,
      'CPU instruction set': engine.instructionSet,
    },
  };
}
