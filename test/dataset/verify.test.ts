/** Passes over a whole data set: every bad image is named, the hash follows its definition, and nothing is kept in memory. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { DatasetHash, hashExample } from '../../src/dataset/hash.ts';
import { inOrder } from '../../src/dataset/in-order.ts';
import { openDataset } from '../../src/dataset/open.ts';
import { hashDataset, verifyImages } from '../../src/dataset/verify.ts';
import { complaint, flat, folderOf, folderPlan, image, model } from './files.ts';

async function datasetOf(files: Record<string, string | Uint8Array>): Promise<Dataset> {
  return openDataset(folderPlan(await folderOf(files)), model(1));
}

const noise = Array.from({ length: 3 * 64 * 64 }, (_, index) => Math.imul(index + 1, 2654435761) >>> 24);

const sha256 = (...parts: (string | Uint8Array)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** The float32 bytes of a 2×2 image of one colour. */
function flatPixels(rgb: readonly number[]): Buffer {
  const floats = Buffer.alloc(48);
  for (const [channel, byte] of rgb.entries()) {
    for (let pixel = 0; pixel < 4; pixel++) floats.writeFloatLE(byte / 255, 16 * channel + 4 * pixel);
  }
  return floats;
}

function both(...hashes: string[]): string {
  const dataset = new DatasetHash();
  for (const hash of hashes) dataset.add(hash);
  return dataset.digest();
}

async function failAfterOne(item: number): Promise<number> {
  if (item > 1) throw new Error(`item ${item}`);
  return item;
}

describe('bad images', () => {
  it('are all named by verifyImages, with each mend once', async () => {
    const good = await flat(2, 2);
    const dataset = await datasetOf({
      'a/1-good.png': good,
      'a/2-empty.png': '',
      'a/3-text.jpg': 'not an image',
      'a/4-large.png': await flat(3, 5),
      'a/5-cut.png': good.subarray(0, 20),
      'a/6-good.png': good,
    });
    const message = await complaint(verifyImages(dataset));
    expect(message).toMatch(/^4 images cannot be used:\n/);
    expect(message).toContain('2-empty.png" is empty (0 bytes)');
    expect(message).toContain('3-text.jpg" is not a PNG, JPEG or WebP image');
    expect(message).toContain('4-large.png" is 3 wide and 5 high, and the model takes 2 × 2');
    expect(message).toMatch(/5-cut\.png" is corrupt or truncated/);
    expect(message.match(/Replace or remove/g)).toHaveLength(1);
    expect(message.match(/Set data\.resize/g)).toHaveLength(1);
    expect(message).not.toContain('good');
  });

  it('whose header is whole are named by hashDataset', async () => {
    const file = await image(64, 64, 3, noise).png().toBuffer();
    const dataset = await datasetOf({
      'a/1.png': file.subarray(0, file.length / 2),
      'a/2.png': file,
      'a/3.png': file.subarray(0, -20),
    });
    dataset.decode.shape = { channels: 3, height: 64, width: 64 };
    await verifyImages(dataset);
    const message = await complaint(hashDataset(dataset));
    expect(message).toMatch(/^2 images cannot be used:\n.*1\.png" is corrupt.*\n.*3\.png" is corrupt/);
  });

  it('are cut at 20', async () => {
    const files = Object.fromEntries(Array.from({ length: 31 }, (_, index) => [`a/${index}.png`, '']));
    expect(await complaint(verifyImages(await datasetOf(files)))).toMatch(/^31 images[^]*… and 11 more/);
  });
});

describe('the hash of a data set', () => {
  it('is SHA-256 over the SHA-256 of each example, as documented', async () => {
    const dataset = await datasetOf({
      'a/1.png': await flat(2, 2, [255, 0, 51]),
      'a/2.png': await flat(2, 2, [1, 2, 3]),
    });
    const expected = sha256(
      sha256('["a/1.png",0,[]]', '\0', flatPixels([255, 0, 51])),
      sha256('["a/2.png",0,[]]', '\0', flatPixels([1, 2, 3])),
    ).toString('hex');
    expect(await hashDataset(dataset, { concurrency: 1 })).toBe(expected);
    expect(await hashDataset(dataset, { concurrency: 8 })).toBe(expected);
  });

  it('changes with each thing it covers, and not with the order of the columns', () => {
    const pixels = Float32Array.of(0, 0.5, 1);
    const row = { id: 'a', label: 1, groups: { x: '1', y: '2' } };
    const hash = hashExample(row, pixels);
    expect(hashExample({ ...row, groups: { y: '2', x: '1' } }, pixels.slice())).toBe(hash);
    const others = [
      hashExample({ ...row, id: 'b' }, pixels),
      hashExample({ ...row, label: 0 }, pixels),
      hashExample({ ...row, groups: { x: '1' } }, pixels),
      hashExample({ ...row, groups: { x: '2', y: '1' } }, pixels),
      hashExample(row, Float32Array.of(0, 0.5, 0.999)),
    ];
    expect(new Set([hash, ...others]).size).toBe(6);
    expect(both(hash, others[0])).not.toBe(both(others[0], hash));
  });

  it('covers the part of a buffer that an image occupies', () => {
    const all = Float32Array.of(9, 0.25, 0.75, 9);
    const row = { id: 'a', label: 0, groups: {} };
    expect(hashExample(row, all.subarray(1, 3))).toBe(hashExample(row, Float32Array.of(0.25, 0.75)));
  });
});

describe('inOrder', () => {
  it('keeps the order and never has more than the window at work', async () => {
    let working = 0;
    let most = 0;
    const results: number[] = [];
    const items = Array.from({ length: 30 }, (_, index) => index);
    const work = async (item: number) => {
      most = Math.max(most, ++working);
      await new Promise((resolve) => setTimeout(resolve, (item * 7) % 5));
      working--;
      return item * item;
    };
    for await (const result of inOrder(items, 4, work)) results.push(result);
    expect(results).toEqual(items.map((item) => item * item));
    expect(most).toBe(4);
  });

  it('ends with the first rejection, and leaves none unhandled', async () => {
    const seen: number[] = [];
    const run = async () => {
      for await (const result of inOrder([0, 1, 2, 3, 4], 5, failAfterOne)) seen.push(result);
    };
    await expect(run()).rejects.toThrow('item 2');
    expect(seen).toEqual([0, 1]);
  });
});

it('a pass over many images holds no more than a few of them', async () => {
  // 400 decoded images of 256×256 are 315 MB; what a pass keeps must be far below, whenever the collector runs.
  const file = await image(64, 64, 3, noise).png().toBuffer();
  const dataset = await datasetOf({ 'a/1.png': file });
  dataset.decode = { shape: { channels: 3, height: 256, width: 256 }, resize: 'stretch' };
  dataset.examples = Array.from({ length: 400 }, (_, index) => ({ ...dataset.examples[0], id: `${index}` }));
  const before = process.memoryUsage().rss;
  await hashDataset(dataset, { concurrency: 2 });
  expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
});

const data = process.env.PROOFHOUSE_DATA;
describe.skipIf(data === undefined)('CIFAR-10 (set PROOFHOUSE_DATA to run)', () => {
  it('has 50 whole 32×32 images of each of 10 classes', async () => {
    const dataset = await openDataset(folderPlan(join(data ?? '', 'cifar10')), {
      shape: { channels: 3, height: 32, width: 32 },
      logits: 10,
    });
    expect(dataset.classes).toEqual([
      'airplane',
      'automobile',
      'bird',
      'cat',
      'deer',
      'dog',
      'frog',
      'horse',
      'ship',
      'truck',
    ]);
    for (let label = 0; label < 10; label++) {
      expect(dataset.examples.filter((example) => example.label === label)).toHaveLength(50);
    }
    await verifyImages(dataset);
    expect(await hashDataset(dataset, { concurrency: 2 })).toBe(await hashDataset(dataset, { concurrency: 1 }));
  });
});
