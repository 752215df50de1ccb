/**
 * JSON files of a run folder read back. Each is held to its published schema, so that a file that was cut, edited or made by
 * someone else is refused in a sentence, wherever it is used.
 */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { InputError } from '../errors.ts';
import { packageRoot } from '../package-root.ts';
import type { PartialRecord } from '../plugin/partial.ts';
import { files } from './folder.ts';
import type { Manifest } from './manifest.ts';
import { partialSentence } from './partial.ts';
import { shardName } from './shard.ts';

/** Newest schema version that this Proofhouse reads. */
const newest = 1;

/** Types by their schema's file in `schemas/`. */
type SchemaName = 'results' | 'partial' | 'outcome' | 'example' | 'manifest' | 'digests' | 'history' | 'training';

const compiled = new Map<SchemaName, ValidateFunction>();

function validator(schema: SchemaName): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const text = readFileSync(join(packageRoot(), 'schemas', `${schema}.json`), 'utf8');
  const validate = new Ajv({ strict: false }).compile(JSON.parse(text) as object);
  compiled.set(schema, validate);
  return validate;
}

function notEnded(place: string, { partial }: PartialRecord): InputError {
  const { error } = partial;
  return new InputError(
    `${place} is of a run that ${partialSentence(partial)}${error === undefined ? '.' : `: ${error}`}`,
    partial.resume,
  );
}

/**
 * @param place the file, and line, as messages name it
 * @throws InputError when the text is not what the schema says
 */
export function parse(text: string, schema: SchemaName, place: string): unknown {
  let value: { schemaVersion?: unknown; partial?: unknown } | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch (error) {
    throw new InputError(`${place} is not JSON: ${(error as Error).message}.`, 'Run the audit again.', {
      cause: error,
    });
  }
  const version = value?.schemaVersion;
  if (typeof version !== 'number')
    throw new InputError(`${place} is not a result of Proofhouse: it has no schemaVersion.`, 'Run the audit again.');
  if (version > newest)
    throw new InputError(
      `${place} is of schema version ${version}; this Proofhouse reads up to ${newest}.`,
      'Use the Proofhouse that wrote it, or a newer one.',
    );
  const unfinished = schema === 'results' && value?.partial !== undefined;
  const validate = validator(unfinished ? 'partial' : schema);
  if (validate(value)) {
    if (unfinished) throw notEnded(place, value as unknown as PartialRecord);
    return value;
  }
  const { instancePath = '', message = 'does not fit' } = validate.errors?.[0] ?? {};
  throw new InputError(
    `${place} is not what Proofhouse writes: ${instancePath === '' ? 'it' : instancePath} ${message}.`,
    'It was damaged or changed; run the audit again.',
  );
}

/** @throws InputError when the file is missing */
async function read(folder: string, file: string): Promise<string> {
  try {
    return await readFile(join(folder, file), 'utf8');
  } catch (error) {
    // A run that did not end, or a shard of one, says more of itself than that a file is missing.
    if (file !== files.results && existsSync(join(folder, files.results)))
      await readDocument(folder, files.results, 'results');
    if (file === files.results && existsSync(join(folder, files.manifest))) await refuseShard(folder);
    throw new InputError(
      existsSync(folder)
        ? `${basename(folder)} holds no finished run: ${file} cannot be read.`
        : `There is no run folder ${basename(folder)}.`,
      'Name the folder of a run that ended; an interrupted one is finished by its own command with --resume.',
      { cause: error },
    );
  }
}

/** @throws InputError when the folder holds a shard, which judged nothing */
async function refuseShard(folder: string): Promise<void> {
  const { shard } = await readDocument<Pick<Manifest, 'shard'>>(folder, files.manifest, 'manifest');
  if (shard !== undefined)
    throw new InputError(
      `${basename(folder)} holds shard ${shardName(shard)} of a run, which judges nothing.`,
      'Make one run of all its shards: proofhouse merge <config> <shards>.',
    );
}

/** @throws InputError when the file is missing, not what its schema says, or of a newer Proofhouse */
export async function readDocument<T>(folder: string, file: string, schema: SchemaName): Promise<T> {
  return parse(await read(folder, file), schema, `${basename(folder)}/${file}`) as T;
}

/** The rows of an ndjson file, without their schema version. @throws InputError naming the line */
export async function readRows<T>(folder: string, file: string, schema: SchemaName): Promise<T[]> {
  const text = (await read(folder, file)).trimEnd();
  if (text === '') return [];
  return text.split('\n').map((line, index) => {
    const { schemaVersion: _, ...row } = parse(line, schema, `${basename(folder)}/${file}:${index + 1}`) as T & {
      schemaVersion: number;
    };
    return row as T;
  });
}
