/** What a run is, in full: `manifest.json`. Its `plan` decides whether an interrupted run may be resumed. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import sharp from 'sharp';
import type { Invocation } from '../config/canonical.ts';
import type { ResolvedRun } from '../config/resolved.ts';
import { instructionSet } from '../engine/machine.ts';
import { engineVersion } from '../engine/session.ts';
import type { DatasetFacts } from '../plugin/record.ts';
import { version } from '../version.ts';
import type { PreparedModels } from './models.ts';
import { type Shard, shardName } from './shard.ts';

export interface Manifest {
  schemaVersion: 1;
  proofhouse: string;
  engine: { name: string; version: string; device: string; instructionSet: string };
  decoder: Record<string, string>;
  seed: number;
  command: string;
  /** What `command` says, as data: for `verify`. */
  invocation: Invocation;
  config: Record<string, unknown>;
  models: { name: string; file: string; sha256: string }[];
  surrogates: { name: string; file: string; sha256: string }[];
  dataset: { source: string; sha256: string; examples: number };
  plugins: { file: string; sha256: string }[];
  /** SHA-256 of what else verdicts and the report rest on, in words that an error message can name; absent in shards, which judge nothing. */
  inputs?: Record<string, string>;
  /** The part of the run that the folder holds; absent: all of it. */
  shard?: Shard;
  /** What outcomes depend on, in words that an error message can name. */
  plan: Record<string, string>;
}

export async function makeManifest(
  run: ResolvedRun,
  { facts: models, surrogates }: Pick<PreparedModels, 'facts' | 'surrogates'>,
  dataset: DatasetFacts,
  inputs: Record<string, string>,
): Promise<Manifest> {
  const plugins = await Promise.all(
    run.pluginFiles.map(async (file) => ({
      file: basename(file),
      sha256: createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    })),
  );
  const manifest: Omit<Manifest, 'plan'> = {
    schemaVersion: 1,
    proofhouse: version,
    engine: {
      name: 'onnxruntime-node',
      version: engineVersion(),
      device: 'cpu',
      instructionSet: instructionSet(),
    },
    decoder: { sharp: sharp.versions.sharp ?? '', vips: sharp.versions.vips },
    seed: run.seed,
    command: run.command,
    invocation: run.invocation,
    config: run.canonical,
    models: models.map(({ name, file, sha256 }) => ({ name, file, sha256 })),
    surrogates: surrogates.map(({ name, file, sha256 }) => ({ name, file, sha256 })),
    dataset: { source: dataset.source, sha256: dataset.sha256, examples: dataset.examples },
    plugins,
    inputs,
  };
  return { ...manifest, plan: planOf(run, manifest) };
}

/** The manifest of one shard of a run. Its plan names the shard, so that another shard is not resumed in its folder. */
export function shardManifest(manifest: Manifest, shard: Shard): Manifest {
  const { plan, inputs: _, ...rest } = manifest;
  return { ...rest, shard, plan: { ...plan, shard: shardName(shard) } };
}

/** `manifest.json`. */
export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 2)}\n`;

function planOf(run: ResolvedRun, manifest: Omit<Manifest, 'plan'>): Record<string, string> {
  return {
    models: JSON.stringify(manifest.models.map(({ name, sha256 }) => [name, sha256])),
    surrogates: JSON.stringify(manifest.surrogates.map(({ name, sha256 }) => [name, sha256])),
    preprocessing: JSON.stringify([...run.models, ...run.surrogates].map(({ preprocessing }) => preprocessing)),
    data: manifest.dataset.sha256,
    attacks: JSON.stringify(run.series),
    ...(run.modelProbe && { 'model probe': JSON.stringify(run.modelProbe) }),
    plugins: JSON.stringify(manifest.plugins.map(({ sha256 }) => sha256)),
    seed: String(run.seed),
    'Proofhouse version': manifest.proofhouse,
    'ONNX Runtime version': manifest.engine.version,
    'CPU instruction set': manifest.engine.instructionSet,
  };
}
