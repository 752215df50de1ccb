/**
 * The images of a training as every thread sees them, decoded once. Reading a small image takes as long as a few of a network's passes over it, and
 * every epoch shows all of them again, in another order.
 */
import type { ImageShape } from '../plugin/attack.ts';

/** The data's first images are kept, as many as a gibibyte holds of their bytes: 7,133 of 224², 349,525 of 32². The others are read again each time. */
const MOST_BYTES = 2 ** 30;

export class DecodedImages {
  /** Planar 8-bit images one after another. */
  readonly memory: SharedArrayBuffer;
  readonly #size: number;

  /** @param memory what another thread's store works on */
  constructor(memory: SharedArrayBuffer, { channels, height, width }: ImageShape) {
    this.memory = memory;
    this.#size = channels * height * width;
  }

  /** An empty store for a data set of so many images. */
  static for(count: number, shape: ImageShape, mostBytes = MOST_BYTES): DecodedImages {
    const size = shape.channels * shape.height * shape.width;
    const kept = Math.min(count, Math.floor(mostBytes / size));
    return new DecodedImages(new SharedArrayBuffer(kept * size), shape);
  }

  /** @param image as `readImage` gives it: byte / 255, which goes back to the byte without loss */
  keep(index: number, image: Float32Array): void {
    this.#bytesOf(index)?.set(image.map((value) => Math.round(255 * value)));
  }

  /** The image as `readImage` gives it, or undefined where there was no room for it. */
  at(index: number): Float32Array | undefined {
    const bytes = this.#bytesOf(index);
    if (bytes === undefined) return undefined;
    const image = new Float32Array(bytes);
    for (let i = 0; i < image.length; i++) image[i] /= 255;
    return image;
  }

  #bytesOf(index: number): Uint8Array | undefined {
    const start = index * this.#size;
    return start < this.memory.byteLength ? new Uint8Array(this.memory, start, this.#size) : undefined;
  }
}
