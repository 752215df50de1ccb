/**
 * From a file to the pixels a model is shown. The rules, which every number of a report depends on:
 *
 * - PNG, JPEG and WebP, told by their first bytes and not by their names; of an animation, the first frame.
 * - EXIF orientation is applied; an embedded colour profile (or CMYK) is converted to sRGB; 16 bits become 8 by dropping the low byte.
 * - Transparency is composited on white, rounding down. Gray images give three equal channels.
 * - A one-channel model gets BT.601 luma of the encoded values, (19595 R + 38470 G + 7471 B + 2¹⁵) >> 16: what Pillow's `convert('L')`,
 *   torchvision and OpenCV compute, and so what such models were trained on. (sharp's own grayscale is linear-light luminance: pure blue
 *   becomes 76 there and 29 here.)
 * - Resizing uses the Lanczos kernel of size 3 on 8-bit sRGB values: 'stretch' ignores the aspect ratio, 'cover' crops
 *   the centre, 'contain' pads with black.
 */
import { readFile, stat } from 'node:fs/promises';
import sharp, { type FitEnum, type Sharp, type SharpOptions } from 'sharp';
import { quote } from '../quote.ts';
import type { DecodePlan } from './dataset.ts';
import { ImageError } from './image-error.ts';
import { unreadable } from './text.ts';

// One image on one thread, and nothing kept between images: parallelism is the callers', and memory must not grow with the data set.
sharp.cache(false);
sharp.concurrency(1);

/** Decoded, that many pixels take 300 MB. */
const MOST_PIXELS = 100_000_000;
const MOST_BYTES = 256 * 2 ** 20;

const OPTIONS: SharpOptions = { failOn: 'warning', limitInputPixels: MOST_PIXELS, autoOrient: true };

const FIT: Record<Exclude<DecodePlan['resize'], 'error'>, keyof FitEnum> = {
  stretch: 'fill',
  cover: 'cover',
  contain: 'contain',
};

const UNIT = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

export interface ImageHeader {
  format: 'png' | 'jpeg' | 'webp';
  /** In pixels, as seen: after the EXIF orientation. */
  width: number;
  height: number;
  /** 1 or 2 for gray, 3 or 4 for colour (4 for CMYK too). */
  channels: number;
}

/**
 * Decodes one image.
 *
 * @returns planar CHW float32 of `decode.shape`, byte / 255 in [0, 1]; gray where the shape has one channel, RGB where it has three
 * @throws ImageError when the file is missing, empty, of another type, corrupt, truncated or of another size under 'error'
 */
export async function readImage(file: string, decode: DecodePlan): Promise<Float32Array> {
  const { channels, height, width } = decode.shape;
  const seen = await rgbOf(
    file,
    sharp((await readBytes(file)).bytes, OPTIONS)
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb'),
  );
  requireSize(file, seen.info, decode);
  const data = await fit(file, seen, decode);
  return channels === 1 ? luma(data, height * width) : planar(data, height * width);
}

async function fit(file: string, { data, info }: Pixels, { shape, resize }: DecodePlan): Promise<Buffer> {
  if (resize === 'error' || (info.width === shape.width && info.height === shape.height)) return data;
  // In a pipeline of its own: in the one that decodes, sharp has a JPEG or WebP shrunk by its decoder first.
  const resized = sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } }).resize(
    shape.width,
    shape.height,
    { fit: FIT[resize], kernel: 'lanczos3', background: '#000000' },
  );
  return (await rgbOf(file, resized)).data;
}

/** Interleaved 8-bit RGB. */
interface Pixels {
  data: Buffer;
  info: { width: number; height: number };
}

async function rgbOf(file: string, pipeline: Sharp): Promise<Pixels> {
  try {
    return await pipeline.raw().toBuffer({ resolveWithObject: true });
  } catch (cause) {
    throw undecodable(file, cause);
  }
}

/**
 * Format and size from the header, without decoding: what can be checked of a whole data set before a run.
 *
 * @throws ImageError when the file is missing, empty, of another type or its header is corrupt
 */
export async function readHeader(file: string): Promise<ImageHeader> {
  const { bytes, format } = await readBytes(file);
  const { autoOrient, channels } = await sharp(bytes, OPTIONS)
    .metadata()
    .catch((cause: unknown) => {
      throw undecodable(file, cause);
    });
  return { format, ...autoOrient, channels };
}

/**
 * Refuses a size other than the model's where the plan does not resize.
 *
 * @throws ImageError naming both sizes
 */
export function requireSize(file: string, found: { width: number; height: number }, decode: DecodePlan): void {
  const { width, height } = decode.shape;
  if (decode.resize !== 'error' || (found.width === width && found.height === height)) return;
  throw new ImageError(
    file,
    `is ${found.width} wide and ${found.height} high, and the model takes ${width} × ${height}`,
    `Set data.resize to stretch, cover or contain, or give images of ${width} × ${height} (width × height).`,
  );
}

async function readBytes(file: string): Promise<{ bytes: Buffer; format: ImageHeader['format'] }> {
  let bytes: Buffer;
  try {
    const facts = await stat(file);
    // Opening a pipe would wait for ever for someone to write into it.
    if (!facts.isFile()) throw new ImageError(file, 'is not a regular file');
    if (facts.size > MOST_BYTES) throw new ImageError(file, `is larger than ${MOST_BYTES / 2 ** 20} MiB`);
    bytes = await readFile(file);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw new ImageError(file, unreadable(cause), undefined, { cause });
  }
  if (bytes.length === 0) throw new ImageError(file, 'is empty (0 bytes)');
  // The decoder knows more formats than these, and some of them (SVG) can name other files to read.
  const format = sniff(bytes);
  if (format === undefined) throw new ImageError(file, 'is not a PNG, JPEG or WebP image');
  return { bytes, format };
}

function sniff(bytes: Buffer): ImageHeader['format'] | undefined {
  if (bytes.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (bytes.toString('latin1', 0, 3) === '\xff\xd8\xff') return 'jpeg';
  if (bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') return 'webp';
  return undefined;
}

function undecodable(file: string, cause: unknown): ImageError {
  const [line] = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1);
  const reason = line.replace(/^(Input buffer has corrupt header:\s*)+/, '');
  const says = reason === '' ? '' : ` (the decoder says ${quote(reason)})`;
  const problem = reason.includes('pixel limit')
    ? `has more than ${MOST_PIXELS / 1e6} million pixels`
    : `is corrupt or truncated${says}`;
  return new ImageError(file, problem, undefined, { cause });
}

function planar(rgb: Buffer, pixels: number): Float32Array {
  const image = new Float32Array(3 * pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    image[pixel] = UNIT[rgb[3 * pixel]];
    image[pixels + pixel] = UNIT[rgb[3 * pixel + 1]];
    image[2 * pixels + pixel] = UNIT[rgb[3 * pixel + 2]];
  }
  return image;
}

function luma(rgb: Buffer, pixels: number): Float32Array {
  const image = new Float32Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const weighted = 19595 * rgb[3 * pixel] + 38470 * rgb[3 * pixel + 1] + 7471 * rgb[3 * pixel + 2];
    image[pixel] = UNIT[(weighted + 2 ** 15) >> 16];
  }
  return image;
}
