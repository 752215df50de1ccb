import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runShare } from '../../src/collect/share.ts';
import { linearModel } from '../support/linear-model.ts';

const shape = { channels: 3, height: 4, width: 4 };
const folder = mkdtempSync(join(tmpdir(), 'proofhouse-share-'));
const file = join(folder, 'grey.png');
const examples = Array.from({ length: 10 }, (_, i) => ({ id: `image ${i}`, label: 0, file, done: [] }));

beforeAll(async () => {
  await sharp({ create: { width: 4, height: 4, channels: 3, background: '#808080' } })
    .png()
    .toFile(file);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  [undefined, 10],
  [3, 3],
])(
  'holds no more examples than its part (%s) at once, and still comes to the end of them',
  async (mostHeld, largest) => {
    const model = linearModel(48, 3);
    const seen: string[] = [];
    const counter = new Int32Array(1);
    const context = { model: 'linear', series: [], seed: 0, shape };
    await runShare(
      { context, examples, decode: { shape, resize: 'error' }, batchSize: 16, mostHeld, counter },
      model.oracle,
      {
        emit: ({ example }) => seen.push(example),
        failed: (example) => expect.unreachable(example),
      },
    );
    expect(seen.toSorted()).toEqual(examples.map(({ id }) => id));
    expect(Math.max(...model.batches)).toBe(largest);
  },
);
