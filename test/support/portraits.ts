/** The demo's committed networks and images. */
import { join } from 'node:path';
import type { ModelPlan } from '../../src/config/plan.ts';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { openDataset } from '../../src/dataset/open.ts';
import { demo } from '../fixtures/demo.ts';

export const shapeOf = (side: number) => ({ channels: 3, height: side, width: side });

export const network = (name: 'standard' | 'hardened', folder = demo): ModelPlan => ({
  name,
  path: join(folder, `${name}.onnx`),
  preprocessing: { mean: [0.52, 0.46, 0.42], std: [0.25, 0.23, 0.22], channels: 'rgb', layout: 'auto', range: [0, 1] },
});

export const portraits = (side = 64): Promise<Dataset> =>
  openDataset(
    {
      manifest: join(demo, 'portraits.csv'),
      columns: { path: 'path', label: 'label', groups: [] },
      classes: ['neutral', 'smiling'],
      size: [side, side],
      resize: 'stretch',
    },
    { shape: shapeOf(side), logits: 2 },
  );
