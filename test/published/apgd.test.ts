import { describe, expect, it } from 'vitest';
import apgd from '../../attacks/gradient/apgd.ts';
import type { SeriesPlan } from '../../src/config/plan.ts';
import { runTask } from '../../src/engine/task.ts';
import type { OutcomeRow } from '../../src/plugin/outcome.ts';
import { cifar10, data, resnet2b, shape } from '../support/cifar10.ts';

/** Images of 500 that stand after the attack, and the gradients it asked for. */
async function attacked(options: object, ids?: ReadonlySet<string>) {
  const dataset = await cifar10();
  const rows: OutcomeRow[] = [];
  const series: SeriesPlan = {
    id: 'apgd:linf',
    attack: 'apgd',
    norm: 'linf',
    epsilons: [{ text: '8/255', value: 8 / 255 }],
    target: 'untargeted',
    options: apgd.options.parse(options),
  };
  const examples = dataset.examples.filter(({ id }) => ids?.has(id) ?? true);
  await runTask(
    {
      model: resnet2b,
      shape,
      series: [series],
      pluginFiles: [],
      seed: 0,
      decode: dataset.decode,
      examples: examples.map(({ id, label, file }) => ({ id, label, file, done: [] })),
      counter: new SharedArrayBuffer(4),
      threads: 1,
      batchSize: 64,
    },
    { emit: (portion) => rows.push(...portion.rows), failed: (example) => expect.fail(`not a number: ${example}`) },
  );
  const standing = rows.filter(({ evaluation, success }) => evaluation !== 'clean' && !success);
  return { ids: new Set(standing.map(({ example }) => example)), count: standing.length };
}

describe.skipIf(data === undefined)('Auto-PGD on 500 CIFAR-10 images at 8/255', () => {
  it('is as strong as the official AutoAttack: 14.6 % stand after APGD-CE, 13.2 % after APGD-T, each give or take one image', async () => {
    const first = await attacked({ restarts: 1 });
    expect(first.count).toBeLessThanOrEqual(74);
    const second = await attacked({ restarts: 1, loss: 'dlr', targets: 9 }, first.ids);
    console.log(`resnet_2b at 8/255: ${first.count / 5} % stand after APGD-CE, ${second.count / 5} % after APGD-T`);
    expect(second.count).toBeLessThanOrEqual(67);
  });
});
