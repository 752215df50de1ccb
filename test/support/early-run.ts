/** Runs that decide early over tiny models: a linear one that falls at once, and the same behind a mask that a single gradient step cannot see through. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveConfig } from '../../src/config/resolve.ts';
import type { ResolvedRun } from '../../src/config/resolved.ts';
import type { Config } from '../../src/index.ts';
import { writeMaskedModels } from './masked-models.ts';

export const planned = 72;
const robust = 'robust-accuracy@fgsm:linf:8/255';
const classes = 3;

/** Writes `plain.onnx`, `masked.onnx`, their images, and a manifest of these with a column `tone`. */
export async function writeEarlyFixture(folder: string): Promise<void> {
  await writeMaskedModels(folder, ['plain', 'quantised-inputs'], planned / classes);
  const images = join(folder, 'images');
  const files = (await readdir(images, { recursive: true })).filter((file) => file.endsWith('.png')).toSorted();
  const rows = files.map((file, index) => `images/${file},${file.split('/')[0]},${index % 2 === 0 ? 'light' : 'dark'}`);
  await writeFile(join(folder, 'images.csv'), ['path,label,tone', ...rows, ''].join('\n'));
}

export const earlyConfig = (folder: string): Config => ({
  models: { plain: join(folder, 'plain.onnx'), masked: join(folder, 'quantised-inputs.onnx') },
  data: { manifest: join(folder, 'images.csv') },
  attacks: [{ attack: 'fgsm', epsilon: '8/255' }],
  audits: ['robust-accuracy', { audit: 'evaluation-health', options: { examples: 4 } }],
  decide: 'early',
  gates: [
    { metric: 'clean-accuracy', floor: 0.93 },
    { metric: robust, floor: 0.4 },
  ],
  reports: [],
  gallery: { images: 'off' },
  engine: { workers: 1, threads: 1 },
});

export const resolvedIn = (folder: string, config: Config, name: string): Promise<ResolvedRun> =>
  resolveConfig({ ...config, output: join(folder, name) }, { base: folder });
