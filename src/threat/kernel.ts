/** Loads this folder's WebAssembly kernels. IEEE arithmetic lane by lane: the bits are the same on every machine. */

// The part of the global that is used here; TypeScript has its types among the browser's only.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
};

interface Memory {
  buffer: ArrayBuffer;
  grow(pages: number): number;
}

const PAGE = 65536;

export class Kernel<Functions> {
  readonly run: Functions;
  readonly #memory: Memory;
  #floats: Float32Array;

  /** @param bytes the assembled module, base64; it exports its `memory` */
  constructor(bytes: string) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(bytes, 'base64')));
    this.run = exports as Functions;
    this.#memory = (exports as { memory: Memory }).memory;
    this.#floats = new Float32Array(this.#memory.buffer);
  }

  /** Grows the memory to at least so many bytes. */
  reserve(bytes: number): void {
    const missing = bytes - this.#floats.byteLength;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(missing / PAGE));
    this.#floats = new Float32Array(this.#memory.buffer);
  }

  /** Writes vectors of one length one after another, each padded with zeros to whole groups of four lanes; returns the bytes of one. */
  write(...vectors: readonly Float32Array[]): number {
    const { length } = vectors[0];
    const lanes = (length + 3) & ~3;
    this.reserve(4 * vectors.length * lanes);
    for (let i = 0; i < vectors.length; i++) {
      this.#floats.set(vectors[i], i * lanes);
      if (lanes > length) this.#floats.fill(0, i * lanes + length, (i + 1) * lanes);
    }
    return 4 * lanes;
  }

  /** Reads a vector that starts at a byte. */
  read(into: Float32Array, at: number): void {
    into.set(this.#floats.subarray(at / 4, at / 4 + into.length));
  }

  /** The same of a float64 vector. */
  readWide(into: Float64Array, at: number): void {
    into.set(new Float64Array(this.#memory.buffer, at, into.length));
  }
}
