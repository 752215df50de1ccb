/** Finished runs over the first of the demo's images, for tests of what is done with them. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { audit, type Config } from '../../src/index.ts';

const demo = fileURLToPath(new URL('../../fixtures/demo/', import.meta.url));
const preprocessing = { mean: [0.52, 0.46, 0.42], std: [0.25, 0.23, 0.22] };

/** One of the demo's two models, with its preprocessing. */
export const demoModel = (name: 'standard' | 'hardened') => ({ file: join(demo, `${name}.onnx`), ...preprocessing });

/** @param rest wins over models: hardened as `m`, attacked by FGSM and a short PGD */
export async function demoRun(output: string, rest: Partial<Config> = {}) {
  return audit({
    models: { m: demoModel('hardened') },
    data: {
      manifest: join(demo, 'portraits.csv'),
      classes: ['neutral', 'smiling'],
      groups: ['skin_tone', 'age_group'],
      limit: 21,
    },
    attacks: [
      { attack: 'fgsm', epsilon: ['4/255'] },
      { attack: 'pgd', epsilon: ['2/255', '4/255'], options: { steps: 3 } },
    ],
    audits: ['robust-accuracy'],
    reports: [],
    gallery: { images: 'off' },
    output,
    ...rest,
  });
}
