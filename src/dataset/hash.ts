/** The hash that names a data set in reports: two runs with the same one saw the same ids, labels, groups and pixels in the same order. */
import { createHash } from 'node:crypto';
import type { ExampleRow } from '../plugin/outcome.ts';
import { byCodeUnits } from './text.ts';

/**
 * SHA-256 of one example, so that workers can hash what they decode: the UTF-8 JSON of [id, label, [column, value] pairs sorted by
 * column], a zero byte, then the pixels as little-endian float32.
 *
 * @param image CHW float32 in [0, 1], as `readImage` gives it
 * @returns 64 hexadecimal digits
 */
export function hashExample(example: ExampleRow, image: Float32Array): string {
  const groups = Object.entries(example.groups).toSorted(([a], [b]) => byCodeUnits(a, b));
  return createHash('sha256')
    .update(JSON.stringify([example.id, example.label, groups]))
    .update('\0')
    .update(new Uint8Array(image.buffer, image.byteOffset, image.byteLength))
    .digest('hex');
}

/** SHA-256 over the examples' hashes in the data set's order, fed one at a time. */
export class DatasetHash {
  #hash = createHash('sha256');

  /** @param exampleHash what `hashExample` gave for the next example */
  add(exampleHash: string): void {
    this.#hash.update(exampleHash, 'hex');
  }

  /** 64 hexadecimal digits. May be called once. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}
