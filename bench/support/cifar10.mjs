// Attacks on the published CNN resnet_2b over CIFAR-10 images, through the workers that an audit uses. Needs `npm run build` and PROOFHOUSE_DATA.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '../../dist/src/dataset/open.js';
import { runPool } from '../../dist/src/engine/pool.js';

export const data = process.env.PROOFHOUSE_DATA;
export const shape = { channels: 3, height: 32, width: 32 };
export const cores = availableParallelism();

/** The dataset, or undefined after a line that says what is missing. */
export async function cifar10(bench) {
  if (data === undefined) {
    console.log(`${bench}: skipped, PROOFHOUSE_DATA is not set`);
    return undefined;
  }
  const columns = { path: 'path', label: 'label', groups: 'auto' };
  return openDataset({ folder: join(data, 'cifar10'), columns, resize: 'error' }, { shape, logits: 10 });
}

export const resnet2b = {
  name: 'resnet_2b',
  path: join(data ?? '.', 'models/resnet_2b.onnx'),
  preprocessing: {
    mean: [0.4914, 0.4822, 0.4465],
    std: [0.2471, 0.2435, 0.2616],
    channels: 'rgb',
    layout: 'auto',
    range: [0, 1],
  },
};

/** Rows of one attack in L∞ on one model and every core, and the seconds it took. `epsilon` is in 255ths. */
export async function attacked(attack, epsilon, { decode }, examples, model = resnet2b) {
  const rows = [];
  const start = performance.now();
  await runPool(
    {
      model,
      shape,
      series: [
        {
          id: `${attack.name}:linf`,
          attack: attack.name,
          norm: 'linf',
          epsilons: [{ text: `${epsilon}/255`, value: epsilon / 255 }],
          target: 'untargeted',
          options: attack.options.parse({}),
        },
      ],
      pluginFiles: [],
      seed: 0,
      decode,
      examples: examples.map(({ id, label, file }) => ({ id, label, file, done: [] })),
      counter: new SharedArrayBuffer(4),
      threads: 1,
      batchSize: 64,
    },
    cores,
    { emit: (portion) => rows.push(...portion.rows), failed: (example) => console.log(`${example}: no number`) },
  );
  const seconds = (performance.now() - start) / 1000;
  return { rows: rows.filter(({ evaluation }) => evaluation !== 'clean'), seconds };
}

export const standing = (rows) => rows.filter(({ success }) => !success).length;
