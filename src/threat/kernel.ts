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

  /** @param bytes the assembled module, base64; it exports its `memory` */
  constructor(bytes: string) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(bytes, 'base64')));
    this.run = exports as Functions;
    this.#memory = (exports as { memory: Memory }).memory;
  }

  /** The kernel's memory, grown to at least so many bytes; an earlier buffer is no longer valid when it grew. */
  reserve(bytes: number): ArrayBuffer {
    const missing = bytes - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    return this.#memory.buffer;
  }
}

/** Vectors are padded to whole groups of four lanes. */
export const padded = (length: number): number => (length + 3) & ~3;
