/** Decoding against the formats' standards and arithmetic done here, never against an earlier decoding. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readHeader, readImage } from '../../src/dataset/image.ts';
import { ImageError } from '../../src/dataset/image-error.ts';
import { complaint, decodeTo, flat, folderOf, image, png } from './files.ts';

/** Planar float32 back to the bytes of each channel. */
const bytes = (pixels: Float32Array, channels = 3): number[][] => {
  const size = pixels.length / channels;
  return Array.from({ length: channels }, (_, channel) =>
    Array.from(pixels.subarray(channel * size, (channel + 1) * size), (value) => Math.round(value * 255)),
  );
};

async function decode(file: Uint8Array, plan: ReturnType<typeof decodeTo>, name = 'image'): Promise<number[][]> {
  const folder = await folderOf({ [name]: file });
  return bytes(await readImage(join(folder, name), plan), plan.shape.channels);
}

const noise = (length: number, seed = 1): number[] => {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
};

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** What is wrong with a file of this content. */
async function complain(content: Uint8Array | string): Promise<string> {
  const folder = await folderOf({ x: content });
  const error: unknown = await readImage(join(folder, 'x'), decodeTo(8, 8, 3, 'stretch')).catch(
    (reason: unknown) => reason,
  );
  if (!(error instanceof ImageError)) throw new Error(`Not an ImageError: ${String(error)}`);
  return error.problem;
}

describe('pixels', () => {
  it('are planar CHW float32, byte / 255 exactly', async () => {
    const samples = noise(3 * 4 * 5);
    const folder = await folderOf({ 'a.png': await image(5, 4, 3, samples).png().toBuffer() });
    const pixels = await readImage(join(folder, 'a.png'), decodeTo(5, 4));
    for (let channel = 0; channel < 3; channel++) {
      for (let pixel = 0; pixel < 20; pixel++) {
        expect(pixels[channel * 20 + pixel]).toBe(Math.fround(samples[3 * pixel + channel] / 255));
      }
    }
  });

  it('of lossless WebP and of PNG are the ones that were written', async () => {
    const samples = noise(3 * 8 * 8);
    const planes = [0, 1, 2].map((channel) => samples.filter((_, index) => index % 3 === channel));
    expect(await decode(await image(8, 8, 3, samples).webp({ lossless: true }).toBuffer(), decodeTo(8, 8))).toEqual(
      planes,
    );
    expect(await decode(await image(8, 8, 3, samples).png({ progressive: true }).toBuffer(), decodeTo(8, 8))).toEqual(
      planes,
    );
  });

  it('of a JPEG of one colour are that colour within 2', async () => {
    const file = await image(16, 16, 3, Array.from({ length: 256 }, () => [200, 100, 50]).flat())
      .jpeg({ quality: 95 })
      .toBuffer();
    for (const [channel, expected] of [200, 100, 50].entries()) {
      for (const value of (await decode(file, decodeTo(16, 16)))[channel])
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(2);
    }
  });

  it('do not depend on the file name, which may look like decoder options', async () => {
    expect(await decode(await flat(1, 1), decodeTo(1, 1), 'a.png[page=3]')).toEqual([[10], [20], [30]]);
    expect(await decode(await flat(1, 1), decodeTo(1, 1), 'really.jpg')).toEqual([[10], [20], [30]]);
  });

  it('are the same each time', async () => {
    const folder = await folderOf({ 'a.jpg': await image(40, 30, 3, noise(3600)).jpeg().toBuffer() });
    const plan = decodeTo(17, 13, 3, 'cover');
    const first = await readImage(join(folder, 'a.jpg'), plan);
    for (let time = 0; time < 5; time++) expect(await readImage(join(folder, 'a.jpg'), plan)).toEqual(first);
  });
});

describe('EXIF orientation', () => {
  // A 3×2 picture with a gray of its own at each pixel, and where each stored pixel is seen (TIFF 6.0: which edge is row 0 and column 0).
  const stored = [0, 1, 2, 3, 4, 5].map((index) => index * 40);
  const at = (row: number, column: number) => stored[row * 3 + column];
  const seen: Record<number, (row: number, column: number) => number> = {
    1: (row, column) => at(row, column),
    2: (row, column) => at(row, 2 - column),
    3: (row, column) => at(1 - row, 2 - column),
    4: (row, column) => at(1 - row, column),
    5: (row, column) => at(column, row),
    6: (row, column) => at(1 - column, row),
    7: (row, column) => at(1 - column, 2 - row),
    8: (row, column) => at(column, 2 - row),
  };

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i is applied to every pixel', async (orientation) => {
    const [width, height] = orientation < 5 ? [3, 2] : [2, 3];
    const expected = Array.from({ length: 6 }, (_, index) =>
      seen[orientation](Math.floor(index / width), index % width),
    );
    const picture = image(
      3,
      2,
      3,
      stored.flatMap((value) => [value, value, value]),
    ).withMetadata({ orientation });
    for (const [format, file] of [
      ['png', await picture.clone().png().toBuffer()],
      ['webp', await picture.clone().webp({ lossless: true }).toBuffer()],
    ] as const) {
      expect((await decode(file, decodeTo(width, height)))[0]).toEqual(expected);
      const folder = await folderOf({ file });
      expect(await readHeader(join(folder, 'file'))).toMatchObject({ format, width, height });
    }
  });

  it('is applied to a JPEG before its size is judged and before it is resized', async () => {
    const left = Array.from({ length: 16 * 8 }, (_, index) => (index % 16 < 8 ? 255 : 0));
    const file = await image(
      16,
      8,
      3,
      left.flatMap((value) => [value, value, value]),
    )
      .jpeg({ quality: 100 })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    // Orientation 6: what is stored at the left is seen at the top.
    const [red] = await decode(file, decodeTo(8, 16));
    expect(red.slice(0, 8).every((value) => value > 250)).toBe(true);
    expect(red.slice(-8).every((value) => value < 5)).toBe(true);
    const [small] = await decode(file, decodeTo(4, 8, 3, 'stretch'));
    expect(small.slice(0, 4).every((value) => value > 240)).toBe(true);
    expect(small.slice(-4).every((value) => value < 15)).toBe(true);
  });
});

describe('transparency', () => {
  it('is composited on white', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 }),
        async ([r, g, b, a]) => {
          const planes = await decode(png({ width: 1, height: 1 }, 8, 6, [[r, g, b, a]]), decodeTo(1, 1));
          for (const [channel, value] of [r, g, b].entries()) {
            expect(planes[channel][0]).toBe(Math.floor((value * a + 255 * (255 - a)) / 255));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of gray, palette, keyed and 16-bit images too', async () => {
    const two = { width: 2, height: 1 };
    expect(await decode(png(two, 8, 4, [[10, 255, 10, 0]]), decodeTo(2, 1))).toEqual([
      [10, 255],
      [10, 255],
      [10, 255],
    ]);
    const palette = png(
      two,
      8,
      3,
      [[0, 1]],
      [
        ['PLTE', [1, 2, 3, 4, 5, 6]],
        ['tRNS', [255, 0]],
      ],
    );
    expect(await decode(palette, decodeTo(2, 1))).toEqual([
      [1, 255],
      [2, 255],
      [3, 255],
    ]);
    expect(await decode(png(two, 8, 0, [[7, 9]], [['tRNS', [0, 7]]]), decodeTo(2, 1))).toEqual([
      [255, 9],
      [255, 9],
      [255, 9],
    ]);
    const deep = png(two, 16, 6, [[0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 0, 0]]);
    expect(await decode(deep, decodeTo(2, 1))).toEqual([
      [0x12, 255],
      [0x56, 255],
      [0x9a, 255],
    ]);
  });
});

describe('depth and colour', () => {
  it('keeps the high byte of 16-bit samples, gray and RGB', async () => {
    const samples = noise(24);
    const high = samples.filter((_, index) => index % 2 === 0);
    expect((await decode(png({ width: 12, height: 1 }, 16, 0, [samples]), decodeTo(12, 1, 1), 'a'))[0]).toEqual(high);
    const rgb = await decode(png({ width: 4, height: 1 }, 16, 2, [samples]), decodeTo(4, 1));
    for (let channel = 0; channel < 3; channel++) {
      expect(rgb[channel]).toEqual(high.filter((_, index) => index % 3 === channel));
    }
  });

  it('gives a gray image three equal channels, and one-bit images black and white', async () => {
    const samples = noise(6);
    const plane = await decode(await image(3, 2, 1, samples).toColourspace('b-w').png().toBuffer(), decodeTo(3, 2));
    expect(plane).toEqual([samples, samples, samples]);
    expect((await decode(png({ width: 8, height: 1 }, 1, 0, [[0b10100101]]), decodeTo(8, 1)))[0]).toEqual([
      255, 0, 255, 0, 0, 255, 0, 255,
    ]);
  });

  it('gives a one-channel model gray as it is, and BT.601 luma of colour', async () => {
    const samples = noise(6);
    expect(await decode(await image(3, 2, 1, samples).png().toBuffer(), decodeTo(3, 2, 1))).toEqual([samples]);
    // Pillow's documentation of convert('L'): L = (299 R + 587 G + 114 B) / 1000. Here 76.245, 149.685, 29.07, 255, 0, 140.75.
    const colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 100, 150, 200];
    expect(await decode(await image(6, 1, 3, colours).png().toBuffer(), decodeTo(6, 1, 1))).toEqual([
      [76, 150, 29, 255, 0, 141],
    ]);
  });

  it('converts an embedded profile to sRGB', async () => {
    // Display P3 (234, 51, 35) is sRGB red (Apple; CSS Color 4, color(display-p3 0.9175 0.2003 0.1386)).
    const red = await image(1, 1, 3, [255, 0, 0]).withIccProfile('p3').png().toBuffer();
    const raw = await sharp(red, { ignoreIcc: true }).raw().toBuffer();
    expect(Math.abs(raw[0] - 234)).toBeLessThanOrEqual(1);
    const [[r], [g], [b]] = await decode(red, decodeTo(1, 1));
    expect([r >= 253, g <= 3, b <= 3]).toEqual([true, true, true]);
  });

  it('turns CMYK into three channels', async () => {
    const white = await image(
      8,
      8,
      3,
      Array.from({ length: 192 }, () => 255),
    )
      .toColourspace('cmyk')
      .jpeg()
      .toBuffer();
    const planes = await decode(white, decodeTo(8, 8));
    for (const value of planes.flat()) expect(value).toBeGreaterThan(250);
  });
});

describe('resizing', () => {
  const halves = Array.from({ length: 8 * 4 }, (_, index) => (index % 8 < 4 ? [255, 0, 0] : [0, 0, 255])).flat();

  it("'error' names both sizes and the mend", async () => {
    const folder = await folderOf({ 'a.png': await flat(8, 4) });
    const message = await complaint(readImage(join(folder, 'a.png'), decodeTo(4, 2)));
    expect(message).toContain('is 8 wide and 4 high, and the model takes 4 × 2');
    expect(message).toContain('data.resize');
  });

  it("'stretch' keeps both halves, 'cover' crops the centre, 'contain' pads with black", async () => {
    const file = await image(8, 4, 3, halves).png().toBuffer();
    const stretched = await decode(file, decodeTo(4, 4, 3, 'stretch'));
    expect([stretched[0][0], stretched[2][3]]).toEqual([255, 255]);
    const covered = await decode(file, decodeTo(4, 4, 3, 'cover'));
    expect(covered[0].slice(0, 4)).toEqual([255, 255, 0, 0]);
    expect(covered[2].slice(0, 4)).toEqual([0, 0, 255, 255]);
    const contained = await decode(file, decodeTo(8, 8, 3, 'contain'));
    const rows = Array.from({ length: 8 }, (_, row) => contained[0].slice(8 * row, 8 * row + 8));
    for (const row of [0, 1, 6, 7]) expect(rows[row]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    for (const row of [2, 3, 4, 5]) expect(rows[row]).toEqual([255, 255, 255, 255, 0, 0, 0, 0]);
  });

  it('leaves flat colour flat, whatever the sizes and the fit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
        fc.tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 })),
        fc.constantFrom('stretch' as const, 'cover' as const),
        async ([width, height], [toWidth, toHeight], resize) => {
          const planes = await decode(await flat(width, height), decodeTo(toWidth, toHeight, 3, resize));
          expect(planes.map((plane) => [plane.length, ...new Set(plane)])).toEqual(
            [10, 20, 30].map((value) => [toWidth * toHeight, value]),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('halves with the Lanczos kernel: a step keeps its mean and rings less than the kernel allows', async () => {
    // Lanczos-3 (Duchon 1979) stretched twofold: tap t (in source pixels) weighs sinc(t/2) sinc(t/6), normalised to sum 1.
    const source = Array.from({ length: 32 }, (_, x) => (x < 15 ? 60 : 180));
    const file = await image(
      32,
      1,
      3,
      source.flatMap((value) => [value, value, value]),
    )
      .png()
      .toBuffer();
    const [small] = await decode(file, decodeTo(16, 1, 3, 'stretch'));
    for (let x = 0; x < 16; x++) {
      let sum = 0;
      let weights = 0;
      for (let tap = -6; tap <= 6; tap++) {
        const position = 2 * x + tap;
        const offset = position + 0.5 - (2 * x + 1);
        if (Math.abs(offset) >= 6) continue;
        const weight = sinc(offset / 2) * sinc(offset / 6);
        sum += weight * source[Math.min(31, Math.max(0, position))];
        weights += weight;
      }
      expect(Math.abs(small[x] - sum / weights)).toBeLessThanOrEqual(2);
    }
  });

  it('resizes what was decoded in full: a JPEG is not shrunk by its decoder', async () => {
    const samples = noise(3 * 64 * 64);
    const jpeg = await image(64, 64, 3, samples).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const asPng = await sharp(jpeg).png().toBuffer();
    const plan = decodeTo(16, 16, 3, 'stretch');
    expect(await decode(jpeg, plan)).toEqual(await decode(asPng, plan));
  });
});

describe('files that are no usable image', () => {
  it('are refused when missing, empty, a folder, or of a type that is not read', async () => {
    const folder = await folderOf({ 'inner/a.png': await flat(1, 1) });
    expect(await complaint(readImage(join(folder, 'no.png'), decodeTo(1, 1)))).toContain('does not exist');
    expect(await complaint(readImage(join(folder, 'inner'), decodeTo(1, 1)))).toContain('is not a regular file');
    execFileSync('mkfifo', [join(folder, 'pipe.png')]);
    expect(await complaint(readImage(join(folder, 'pipe.png'), decodeTo(1, 1)))).toContain('is not a regular file');
    expect(await complain('')).toBe('is empty (0 bytes)');
    expect(await complain('hello')).toBe('is not a PNG, JPEG or WebP image');
    expect(await complain('GIF89a…')).toBe('is not a PNG, JPEG or WebP image');
    expect(await complain('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>')).toBe(
      'is not a PNG, JPEG or WebP image',
    );
    expect(await complain(await image(8, 8, 3, noise(192)).tiff().toBuffer())).toBe('is not a PNG, JPEG or WebP image');
  });

  it('are refused when zero pixels wide or high, or far too large', async () => {
    expect(await complain(png({ width: 0, height: 1 }, 8, 0, [[0]]))).toMatch(/^is corrupt or truncated/);
    expect(await complain(png({ width: 1, height: 0 }, 8, 0, []))).toMatch(/^is corrupt or truncated/);
    expect(await complain(png({ width: 60000, height: 60000 }, 8, 0, [[0]]))).toBe('has more than 100 million pixels');
  });

  it.each(['png', 'jpeg', 'webp'] as const)('are refused when a %s is cut short anywhere', async (format) => {
    const whole = await image(64, 64, 3, noise(3 * 64 * 64))
      .toFormat(format)
      .toBuffer();
    for (const kept of [0.02, 0.3, 0.7, 0.99]) {
      expect(await complain(whole.subarray(0, Math.floor(whole.length * kept)))).toMatch(/is corrupt or truncated/);
    }
  });

  it('are refused when bytes of a PNG were changed', async () => {
    const file = await image(64, 64, 3, noise(3 * 64 * 64))
      .png()
      .toBuffer();
    for (let index = 0; index < 20; index++) file[Math.floor(file.length / 2) + index] ^= 0x5a;
    expect(await complain(file)).toMatch(/is corrupt or truncated/);
  });

  it('never crash the decoder, whatever follows the first bytes', async () => {
    const starts = ['\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'RIFF\x20\0\0\0WEBPVP8 '];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), async (start, rest) => {
        expect(await complain(Buffer.concat([Buffer.from(start, 'latin1'), rest]))).toMatch(
          /is corrupt|million pixels/,
        );
      }),
      { numRuns: 100 },
    );
  });

  it('are named with their control characters spelt out', async () => {
    const folder = await folderOf({ '\u001b[31mred\u202e.png': '' });
    const message = await complaint(readImage(join(folder, '\u001b[31mred\u202e.png'), decodeTo(1, 1)));
    expect(message).toContain('\\u001b[31mred\\u{202e}.png');
    expect(message).not.toContain('\u001b');
    expect(message).not.toContain('\u202e');
  });
});
