/**
 * A checkpoint: all that a training is at one moment, in one file that is replaced whole, so that it is good whenever the process dies.
 * A line of JSON with the hash of the rest, then the state as JSON, then its arrays of numbers one after another.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InputError } from '../errors.ts';
import { writeAtomically } from '../run/folder.ts';
import type { TrainingState } from './state.ts';

export const CHECKPOINT = 'checkpoint.bin';

const FORMAT = 'proofhouse training checkpoint';
const VERSION = 1;

interface Header {
  format: string;
  version: number;
  /** Of all bytes after the header's line. */
  sha256: string;
  /** Bytes of the document, which is JSON with spaces at its end, so that the numbers after it are aligned. */
  document: number;
}

interface Document {
  /** What the weights depend on, in words that an error message can name. */
  plan: Record<string, string>;
  state: unknown;
}

const sha256 = (parts: readonly Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** @throws InputError when the disk is full or the folder went away; the checkpoint before is as it was */
export async function writeCheckpoint(
  folder: string,
  plan: Record<string, string>,
  state: TrainingState,
): Promise<void> {
  const arrays: Float32Array[] = [];
  const text = JSON.stringify({ plan, state } satisfies Document, (_, value: unknown) => {
    if (!(value instanceof Float32Array)) return value;
    arrays.push(value);
    return { float32: value.length };
  });
  const document = Buffer.from(text);
  const padded = Buffer.concat([document, Buffer.alloc((4 - (document.length % 4)) % 4, ' ')]);
  const body = [padded, ...arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength))];
  const header: Header = { format: FORMAT, version: VERSION, sha256: sha256(body), document: padded.length };
  await writeAtomically(
    join(folder, CHECKPOINT),
    Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...body]),
    'The checkpoint before it is intact. Make room, then go on with --resume.',
  );
}

/**
 * @param plan of the training that is to go on
 * @returns undefined where there is no checkpoint
 * @throws InputError when the checkpoint is damaged, or of another plan, network, data set or version
 */
export async function readCheckpoint(folder: string, plan: Record<string, string>): Promise<TrainingState | undefined> {
  const place = `${CHECKPOINT} in ${basename(folder)}`;
  const bytes = await readFile(join(folder, CHECKPOINT)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new InputError(
      `${place} cannot be read: ${error.message}.`,
      'Make it readable, or begin again with --overwrite.',
    );
  });
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf('\n');
  const header = headerOf(bytes.subarray(0, Math.max(0, end)).toString());
  if (header === undefined)
    throw new InputError(`${place} is no checkpoint of Proofhouse.`, 'Begin again with --overwrite.');
  if (header.version !== VERSION)
    throw new InputError(
      `${place} has format version ${header.version}; this Proofhouse reads version ${VERSION}.`,
      'Go on with the Proofhouse that wrote it, or begin again with --overwrite.',
    );
  const body = bytes.subarray(end + 1);
  if (sha256([body]) !== header.sha256)
    throw new InputError(
      `${place} is damaged: its content is not what its hash says, because it was cut off or changed.`,
      'Restore it from a copy, or begin again with --overwrite.',
    );
  const found = documentOf(body, header);
  const differing = [...new Set([...Object.keys(found.plan), ...Object.keys(plan)])].filter(
    (name) => found.plan[name] !== plan[name],
  );
  if (differing.length > 0)
    throw new InputError(
      `The training in ${basename(folder)} cannot be resumed: ${differing.join(', ')} changed since it was started.`,
      'Undo the change, begin again with --overwrite, or choose another --output folder.',
    );
  return found.state as TrainingState;
}

function headerOf(line: string): Header | undefined {
  try {
    const header = JSON.parse(line) as Header;
    return header.format === FORMAT ? header : undefined;
  } catch {
    return undefined;
  }
}

function documentOf(body: Uint8Array, { document }: Header): Document {
  let at = document;
  return JSON.parse(Buffer.from(body.subarray(0, document)).toString(), (_, value: unknown) => {
    const length = typeof value === 'object' && value !== null ? Reflect.get(value, 'float32') : undefined;
    if (typeof length !== 'number') return value;
    const bytes = new Uint8Array(body.subarray(at, at + 4 * length));
    at += bytes.length;
    return new Float32Array(bytes.buffer);
  }) as Document;
}
