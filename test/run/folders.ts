/** Run folders as tests compare them: every reproducible file, by path. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveConfig } from '../../src/config/resolve.ts';
import type { ResolvedRun } from '../../src/config/resolved.ts';
import type { Config } from '../../src/index.ts';

/** What the paths of `smallAudit` are seen from. */
export const projectFolder = fileURLToPath(new URL('../../fixtures/demo/', import.meta.url));

/** A small audit of both demo models, with a subsampled probe of its own. */
export const smallAudit = (limit: number): Config => {
  const preprocessing = { mean: [0.52, 0.46, 0.42], std: [0.25, 0.23, 0.22] };
  return {
    models: {
      standard: { file: join(projectFolder, 'standard.onnx'), ...preprocessing },
      hardened: { file: join(projectFolder, 'hardened.onnx'), ...preprocessing },
    },
    data: { manifest: join(projectFolder, 'portraits.csv'), classes: ['neutral', 'smiling'], limit },
    attacks: [{ attack: 'pgd', epsilon: ['2/255', '8/255'], options: { steps: 2 } }],
    audits: ['robust-accuracy', { audit: 'evaluation-health', options: { examples: 4 } }],
    gates: [{ metric: 'robust-accuracy@pgd:linf:2/255', floor: 0.999, by: 'point' }],
    gallery: { count: 4 },
    engine: { workers: 1, threads: 1 },
  };
};

export const resolved = (config: Config, output: string): Promise<ResolvedRun> =>
  resolveConfig({ ...config, output }, { base: projectFolder });

/** Bytes of every file of a run folder but its log, by path. */
export async function bytesOf(folder: string): Promise<Map<string, string>> {
  const held = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = held.filter((entry) => entry.isFile() && entry.name !== 'log.json');
  return new Map(
    await Promise.all(
      files.map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [path.slice(folder.length + 1), await readFile(path, 'latin1')] as const;
      }),
    ),
  );
}

/** Files whose bytes differ between two folders, or that only one has. */
export function differing(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((file) => a.get(file) !== b.get(file));
}
