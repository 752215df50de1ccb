/** Pictures of the gallery as PNG: images, differences, mosaics and maps of one value a place. */
import sharp from 'sharp';
import type { PlaneMap } from '../engine/sight.ts';
import type { ImageShape } from '../plugin/attack.ts';

/** Blocks along the shorter side of a redacted picture. */
const MOSAIC = 8;

/** The difference around mid-grey, amplified by a whole number so that the largest change spans the range. */
export function amplified(
  clean: Float32Array,
  adversarial: Float32Array,
): { difference: Float32Array; amplification: number } {
  let largest = 0;
  for (let i = 0; i < clean.length; i++) largest = Math.max(largest, Math.abs(adversarial[i] - clean[i]));
  const amplification = largest === 0 ? 1 : Math.max(1, Math.floor(0.5 / largest));
  return { difference: clean.map((value, i) => 0.5 + amplification * (adversarial[i] - value)), amplification };
}

/** Block means, so that a face cannot be recognised. */
export function mosaic(pixels: Float32Array, { channels, height, width }: ImageShape): Float32Array {
  const block = Math.max(1, Math.floor(Math.min(height, width) / MOSAIC));
  const redacted = new Float32Array(pixels.length);
  for (let c = 0; c < channels; c++) {
    for (let top = 0; top < height; top += block) {
      for (let left = 0; left < width; left += block) {
        let sum = 0;
        let count = 0;
        const each = (visit: (index: number) => void) => {
          for (let y = top; y < Math.min(height, top + block); y++) {
            for (let x = left; x < Math.min(width, left + block); x++) visit((c * height + y) * width + x);
          }
        };
        each((index) => {
          sum += pixels[index];
          count++;
        });
        each((index) => {
          redacted[index] = sum / count;
        });
      }
    }
  }
  return redacted;
}

/** Planar pixels from 0 to 1. */
export function encode(pixels: Float32Array, { channels, height, width }: ImageShape): Promise<Buffer> {
  const plane = height * width;
  const bytes = new Uint8Array(pixels.length);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < plane; i++)
      bytes[i * channels + c] = Math.round(255 * Math.max(0, Math.min(1, pixels[c * plane + i])));
  }
  return sharp(bytes, { raw: { width, height, channels: channels as 1 | 3 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
}

/** Longest side of a map: what a report can show, and no more bytes. */
const LONGEST = 112;

/** Share of the places that may be brighter than white, lest one pixel leave all others black. */
const CLIPPED = 0.005;

/**
 * Two maps of the same place as grey PNGs on one scale: black is 0, white what all but a two-hundredth of both maps stay below.
 */
export async function encodePair(first: PlaneMap, second: PlaneMap): Promise<[Buffer, Buffer]> {
  const [one, other] = [reduced(first), reduced(second)];
  const ascending = Float64Array.from([...one.values, ...other.values]).toSorted();
  const white = ascending[Math.ceil((1 - CLIPPED) * (ascending.length - 1))] || ascending[ascending.length - 1] || 1;
  return Promise.all([encodeMap(one, white), encodeMap(other, white)]);
}

function encodeMap({ height, width, values }: PlaneMap, white: number): Promise<Buffer> {
  return sharp(
    Uint8Array.from(values, (value) => Math.round(255 * Math.min(1, value / white))),
    { raw: { width, height, channels: 1 } },
  )
    .png({ compressionLevel: 9 })
    .toBuffer();
}

/** Means of square blocks, as many places on a side as a report can show. */
function reduced({ height, width, values }: PlaneMap): PlaneMap {
  const block = Math.ceil(Math.max(height, width) / LONGEST);
  if (block === 1) return { height, width, values };
  const small = { height: Math.ceil(height / block), width: Math.ceil(width / block) };
  const sums = new Float64Array(small.height * small.width);
  const counts = new Float64Array(sums.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = Math.floor(y / block) * small.width + Math.floor(x / block);
      sums[at] += values[y * width + x];
      counts[at]++;
    }
  return { ...small, values: sums.map((sum, at) => sum / counts[at]) };
}
