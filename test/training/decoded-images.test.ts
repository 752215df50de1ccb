/** The store of decoded images: what it gives back is what the file is read as, and it ends where its bound is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { readImage } from '../../src/dataset/image.ts';
import { DecodedImages } from '../../src/training/decoded-images.ts';

const folder = mkdtempSync(join(tmpdir(), 'proofhouse-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every byte in every channel. */
const shape = { channels: 3, height: 16, width: 16 };
const bytes = Uint8Array.from({ length: 3 * 256 }, (_, i) => (Math.floor(i / 3) * [1, 3, 7][i % 3]) % 256);

describe('decoded images', () => {
  test.each([3, 1])('come back as the file is read, %i channels', async (channels) => {
    const file = join(folder, `${channels}.png`);
    await sharp(bytes, { raw: { width: 16, height: 16, channels: 3 } })
      .png()
      .toFile(file);
    const decode = { shape: { ...shape, channels }, resize: 'error' as const };
    const image = await readImage(file, decode);
    const store = DecodedImages.for(3, decode.shape);
    store.keep(1, image);
    expect(new DecodedImages(store.memory, decode.shape).at(1)).toEqual(image);
  });

  test('are the first that fit the bound, of many or of one too large', () => {
    const image = new Float32Array(bytes).map((byte) => byte / 255);
    const store = DecodedImages.for(10, shape, 3 * image.length - 1);
    for (let index = 0; index < 10; index++) store.keep(index, image);
    expect(store.memory.byteLength).toBe(2 * image.length);
    for (const index of [0, 1]) expect(store.at(index)).toEqual(image);
    for (const index of [2, 9]) expect(store.at(index)).toBeUndefined();
    expect(DecodedImages.for(10, shape, image.length - 1).at(0)).toBeUndefined();
  });
});
