import { describe, expect, it } from 'vitest';
import pgd from '../../attacks/gradient/pgd.ts';
import type { ModelPlan, SeriesPlan } from '../../src/config/plan.ts';
import { runTask } from '../../src/engine/task.ts';
import type { OutcomeRow } from '../../src/plugin/outcome.ts';
import { cifar10, cifar10Small, data, resnet2b, shape } from '../support/cifar10.ts';

async function outcomes(model: ModelPlan, series: SeriesPlan[], seed: number): Promise<OutcomeRow[]> {
  const dataset = await cifar10();
  const rows: OutcomeRow[] = [];
  await runTask(
    {
      model,
      shape,
      series,
      pluginFiles: [],
      seed,
      decode: dataset.decode,
      examples: dataset.examples.map(({ id, label, file }) => ({ id, label, file, done: [] })),
      counter: new SharedArrayBuffer(4),
      threads: 1,
      batchSize: 64,
    },
    { emit: (portion) => rows.push(...portion.rows), failed: (example) => expect.fail(`not a number: ${example}`) },
  );
  return rows;
}

const standing = (rows: OutcomeRow[], evaluation: string): number =>
  rows.filter((row) => row.evaluation === evaluation && !row.success).length;

describe.skipIf(data === undefined)('third-party models on 500 CIFAR-10 images', () => {
  it('classifies as many clean images correctly as published', async () => {
    expect(standing(await outcomes(resnet2b, [], 0), 'clean')).toBe(339);
    expect(standing(await outcomes(cifar10Small, [], 0), 'clean')).toBe(289);
  });

  it('attacks with 40 PGD steps at least as strongly as Foolbox: 54.6 % stand at 2/255 and 16.4 % at 8/255', async () => {
    const series: SeriesPlan = {
      id: 'pgd:linf',
      attack: 'pgd',
      norm: 'linf',
      epsilons: [
        { text: '2/255', value: 2 / 255 },
        { text: '8/255', value: 8 / 255 },
      ],
      target: 'untargeted',
      options: pgd.options.parse({}),
    };
    const seeds = [0, 1, 2, 3, 4];
    const robust = { '2/255': 0, '8/255': 0 };
    for (const seed of seeds) {
      const rows = await outcomes(resnet2b, [series], seed);
      for (const row of rows.filter(({ evaluation }) => evaluation !== 'clean')) {
        expect(row.distances?.linf).toBeLessThanOrEqual(row.evaluation.endsWith('2/255') ? 2 / 255 : 8 / 255);
        expect(row.violation).toBeUndefined();
      }
      robust['2/255'] += standing(rows, 'pgd:linf:2/255') / (500 * seeds.length);
      robust['8/255'] += standing(rows, 'pgd:linf:8/255') / (500 * seeds.length);
    }
    console.log(`robust accuracy of resnet_2b under PGD-40, mean of 5 seeds: ${JSON.stringify(robust)}`);
    expect(robust['2/255']).toBeLessThanOrEqual(0.546);
    expect(robust['8/255']).toBeLessThanOrEqual(0.164);
  });
});
