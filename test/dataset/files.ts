/** Real files for the data set tests: temporary folders, and images written by sharp or byte by byte. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import type { DataPlan } from '../../src/config/plan.ts';
import type { DecodePlan } from '../../src/dataset/dataset.ts';
import { InputError } from '../../src/errors.ts';

/** A folder that is removed when the test ends, holding these files. */
export async function folderOf(files: Record<string, string | Uint8Array> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'proofhouse-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** An image of 8-bit samples, interleaved. */
export const image = (width: number, height: number, channels: 1 | 2 | 3 | 4, samples: readonly number[]) =>
  sharp(Buffer.from(samples), { raw: { width, height, channels } });

/** A PNG of one colour. */
export const flat = (width: number, height: number, rgb: readonly number[] = [10, 20, 30]): Promise<Buffer> =>
  image(width, height, 3, Array.from({ length: width * height }, () => rgb).flat())
    .png()
    .toBuffer();

/** A PNG written from the standard alone: `type` 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGBA; `rows` are packed samples. */
export function png(
  size: { width: number; height: number },
  depth: 1 | 8 | 16,
  type: 0 | 2 | 3 | 4 | 6,
  rows: readonly (readonly number[])[],
  extra: readonly [string, readonly number[]][] = [],
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size.width, 0);
  header.writeUInt32BE(size.height, 4);
  header.set([depth, type], 8);
  const data = deflateSync(Buffer.from(rows.flatMap((row) => [0, ...row])));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...extra.map(([name, content]) => pngChunk(name, Buffer.from(content))),
    pngChunk('IDAT', data),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** CRC-32 as the PNG standard defines it (`zlib.crc32` is younger than the oldest Node this runs on). */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function pngChunk(name: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), content]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(content.length, 0);
  framed.set(named, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}

export const decodeTo = (
  width: number,
  height: number,
  channels = 3,
  resize: DecodePlan['resize'] = 'error',
): DecodePlan => ({ shape: { channels, height, width }, resize });

export const folderPlan = (folder: string, more: Partial<DataPlan> = {}): DataPlan => ({
  folder,
  columns: { path: 'path', label: 'label', groups: 'auto' },
  resize: 'error',
  ...more,
});

export const manifestPlan = (manifest: string, more: Partial<DataPlan> = {}): DataPlan => ({
  manifest,
  columns: { path: 'path', label: 'label', groups: 'auto' },
  resize: 'error',
  ...more,
});

/** What a model of this many logits wants: 2×2 RGB. */
export const model = (logits: number) => ({ shape: { channels: 3, height: 2, width: 2 }, logits });

/** The message of the InputError that a promise is rejected with. */
export async function complaint(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) throw new Error('It was accepted.');
  if (!(error instanceof InputError)) throw error;
  return error.message;
}
