/** Weights kept in files beside the model. Only files inside the model's own folder are ever opened. */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { InputError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import type { TensorProto } from '../proto.ts';

/** Whole, non-negative number in a text entry of the file. */
function wholeNumber(text: string | undefined): number | undefined {
  return text === undefined || !/^\d{1,15}$/.test(text) ? undefined : Number(text);
}

export class ExternalData {
  readonly #model: string;
  readonly #files = new Map<string, { handle: FileHandle; size: number }>();

  /** @param model path of the model file */
  constructor(model: string) {
    this.#model = model;
  }

  /**
   * The bytes of a tensor, in a buffer of their own.
   *
   * @throws InputError where the file lies outside the model's folder, is missing, or is shorter than the model says
   */
  async read(tensor: TensorProto): Promise<Uint8Array<ArrayBuffer>> {
    const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
    const location = entries.get('location') ?? '';
    const { handle, size } = await this.#open(location, tensor.name);
    const offset = wholeNumber(entries.get('offset') ?? '0');
    const length = wholeNumber(entries.get('length') ?? String(Math.max(0, size - (offset ?? 0))));
    if (offset === undefined || length === undefined)
      throw new InputError(
        `${quote(this.#model)}: initializer ${quote(tensor.name)} has a malformed offset or length.`,
      );
    if (offset + length > size)
      throw new InputError(
        `${quote(this.#model)}: initializer ${quote(tensor.name)} needs bytes ${offset} to ${offset + length} of ${quote(location)}, which has ${size}.`,
        'The weights file was cut short or belongs to another model; copy both files again.',
      );
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) throw new InputError(`${quote(location)} became shorter while it was being read.`);
      filled += bytesRead;
    }
    return bytes;
  }

  async #open(location: string, initializer: string): Promise<{ handle: FileHandle; size: number }> {
    const known = this.#files.get(location);
    if (known) return known;
    const path = this.#resolve(location, initializer);
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, 'r');
      const status = await handle.stat();
      if (!status.isFile()) throw new Error('it is not a file');
      const opened = { handle, size: status.size };
      this.#files.set(location, opened);
      return opened;
    } catch (cause) {
      await handle?.close();
      throw new InputError(
        `${quote(this.#model)} keeps initializer ${quote(initializer)} in ${quote(location)}, which cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`,
        'Put that file into the folder of the model.',
        { cause },
      );
    }
  }

  #resolve(location: string, initializer: string): string {
    const normal = normalize(location);
    if (
      location === '' ||
      isAbsolute(location) ||
      /^[a-z]:/i.test(location) ||
      normal.split(/[\\/]/).includes('..') ||
      normal.includes('\0')
    )
      throw new InputError(
        `${quote(this.#model)} wants initializer ${quote(initializer)} from ${quote(location)}, which is not inside the model's own folder.`,
        'Export the model again with its weights in the file, or in a file beside it.',
      );
    return join(dirname(this.#model), ...normal.split(sep));
  }

  /** Absolute paths of the files that were read, sorted. */
  get paths(): string[] {
    return [...this.#files.keys()].toSorted().map((location) => join(dirname(this.#model), normalize(location)));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map(({ handle }) => handle.close()));
  }
}
