import { describe, expect, it } from 'vitest';
import square from '../../../attacks/score/square.ts';
import { runTask } from '../../../src/engine/task.ts';
import type { OutcomeRow } from '../../../src/plugin/outcome.ts';
import { cifar10, data, resnet2b, shape } from '../../support/cifar10.ts';

describe.skipIf(data === undefined)('Square on resnet_2b, 500 CIFAR-10 images, 8/255', () => {
  it('is stronger than chance and weaker than AutoAttack, which 13.2 % withstand', async () => {
    const dataset = await cifar10();
    const rows: OutcomeRow[] = [];
    await runTask(
      {
        model: resnet2b,
        shape,
        series: [
          {
            id: 'square:linf',
            attack: 'square',
            norm: 'linf',
            epsilons: [{ text: '8/255', value: 8 / 255 }],
            target: 'untargeted',
            options: square.options.parse({ queries: 500 }),
          },
        ],
        pluginFiles: [],
        seed: 0,
        decode: dataset.decode,
        examples: dataset.examples.map(({ id, label, file }) => ({ id, label, file, done: [] })),
        counter: new SharedArrayBuffer(4),
        threads: 1,
        batchSize: 64,
      },
      { emit: (portion) => rows.push(...portion.rows), failed: (example) => expect.fail(`not a number: ${example}`) },
    );
    const attacked = rows.filter(({ evaluation }) => evaluation === 'square:linf:8/255');
    for (const { distances, violation } of attacked) {
      expect(violation).toBeUndefined();
      expect(distances?.linf).toBeLessThanOrEqual(8 / 255);
    }
    const standing = attacked.filter(({ success }) => !success).length;
    console.log(`robust accuracy of resnet_2b under 500 queries of Square: ${standing / 500}`);
    expect(standing).toBeGreaterThanOrEqual(66);
    // 339 are classified correctly; the full 5000 queries leave fewer than a third of them.
    expect(standing).toBeLessThan(0.6 * 339);
  });
});
