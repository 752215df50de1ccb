/** The baseline folder: `baseline.json` and `outcomes.bin`, small enough for git. Written whole, and read with suspicion. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { check } from '../config/problems.ts';
import { InputError } from '../errors.ts';
import { type BaselineFile, baselineSchema } from '../gate/baseline-schema.ts';
import { columnBytes, packBits, unpackBits } from '../gate/bits.ts';
import { ofModels, type Standings, standingsOf } from '../gate/standings.ts';
import type { RunRecord } from '../plugin/record.ts';
import { writeAtomically } from './folder.ts';
import type { FinishedRun } from './open.ts';

export const baselineFiles = { description: 'baseline.json', outcomes: 'outcomes.bin' } as const;

const newest = 1;
/** A description is written by Proofhouse; anything larger is another file given by mistake. */
const largestDescription = 1 << 26;
const again = 'Store it again with `proofhouse baseline update <run>`.';

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

/** @throws InputError for a run that stopped early: no later run stops at the same examples, so that none could be compared with it */
export function requireWhole({ folder, record: { early } }: Pick<FinishedRun, 'folder' | 'record'>): void {
  if (early !== undefined && early.examples < early.planned)
    throw new InputError(
      `${basename(folder)} stopped early, at ${early.examples} of ${early.planned} examples: as a baseline it could be compared with no other run.`,
      'Run the audit with --decide all and store that; runs that decide early can be compared with it.',
    );
}

/** The standings of the models that a finished run audited, without the model that was its baseline. */
export function standingsOfRun({ folder, record, manifest, input }: FinishedRun): Standings {
  const { examples } = record.dataset;
  const reference = referenceModels(record);
  const standings = standingsOf(record, manifest.plugins, (model, evaluation) => {
    const rows = input.rows(model, evaluation);
    if (rows !== undefined && rows.length !== examples)
      throw new InputError(
        `${basename(folder)} has ${rows.length} outcomes of ${evaluation} on ${model} for its ${examples} examples.`,
        'It was damaged or changed; run the audit again.',
      );
    return rows;
  });
  return ofModels(standings, (name) => !reference.includes(name));
}

/** Models of a run that others were compared with in it. */
export const referenceModels = ({ baseline }: RunRecord): string[] =>
  baseline?.source === 'model' ? baseline.models.map(({ name }) => name) : [];

/** What was measured over everyone, for the models that the run audited. */
export const headlineMetrics = ({ record }: FinishedRun): BaselineFile['metrics'] =>
  record.findings
    .flatMap(({ metrics }) => metrics)
    .filter(({ group, model }) => group === undefined && !referenceModels(record).includes(model))
    .map(({ id, model, value, unit, interval }) => ({
      id,
      model,
      value,
      unit,
      ...(interval && { low: interval.low, high: interval.high }),
    }));

/** The two files of a run's baseline, and the SHA-256 of the description: the same for the same run. */
export function baselineOf(run: FinishedRun): { description: string; outcomes: Uint8Array; sha256: string } {
  const standings = standingsOfRun(run);
  const { proofhouse, engine, seed, dataset, plugins, models, surrogates, evaluations } = standings;
  const columns = models.flatMap(({ name }) =>
    evaluations.flatMap(({ id }) => {
      const bits = standings.stands(name, id);
      return bits === undefined ? [] : [{ model: name, evaluation: id, bits }];
    }),
  );
  const outcomes = packBits(columns.map(({ bits }) => bits));
  const written: BaselineFile = {
    schemaVersion: newest,
    proofhouse,
    engine,
    seed,
    dataset,
    plugins: [...plugins],
    models: [...models],
    surrogates: [...surrogates],
    evaluations: [...evaluations],
    metrics: headlineMetrics(run),
    outcomes: {
      file: baselineFiles.outcomes,
      sha256: sha256(outcomes),
      columns: columns.map(({ model, evaluation }) => ({ model, evaluation })),
    },
  };
  const description = `${JSON.stringify(written, null, 2)}\n`;
  return { description, outcomes, sha256: sha256(description) };
}

/**
 * Stores a run's baseline, in place of the one that the folder holds.
 *
 * @returns bytes written
 * @throws InputError for a run that stopped early, or when the folder cannot be written
 */
export async function writeBaseline(folder: string, run: FinishedRun): Promise<number> {
  requireWhole(run);
  const { description, outcomes } = baselineOf(run);
  const mend = 'Make room, or name another folder.';
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new InputError(`The baseline folder ${basename(folder)} cannot be made: ${(error as Error).message}.`, mend, {
      cause: error,
    });
  }
  // The description goes last: it names the bits by their hash, so that a write cut short is noticed.
  await writeAtomically(join(folder, baselineFiles.outcomes), outcomes, mend);
  await writeAtomically(join(folder, baselineFiles.description), description, mend);
  return outcomes.length + Buffer.byteLength(description);
}

async function readLimited(folder: string, file: string, largest: number): Promise<Buffer> {
  const path = join(folder, file);
  const place = `${basename(folder)}/${file}`;
  try {
    const { size } = await stat(path);
    if (size > largest)
      throw new InputError(`${place} is too large for a baseline: ${size} bytes, not ${largest} at most.`, again);
    return await readFile(path);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${place} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}.`, again, {
      cause: error,
    });
  }
}

/** Levels of nesting that no baseline needs, and beyond which recursion over the value is not safe. */
const deepest = 50;

function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}

function parseDescription(text: string, place: string): BaselineFile {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${place} is not JSON: ${(error as Error).message}.`, again, { cause: error });
  }
  const version = typeof raw === 'object' && raw !== null && 'schemaVersion' in raw ? raw.schemaVersion : undefined;
  if (typeof version === 'number' && version > newest)
    throw new InputError(
      `${place} is of schema version ${version}; this Proofhouse reads up to ${newest}.`,
      'Use the Proofhouse that wrote it, or a newer one.',
    );
  if (isTooDeep(raw)) throw new InputError(`${place} is no baseline of Proofhouse: it is nested too deeply.`, again);
  const checked = check(baselineSchema, raw);
  if ('value' in checked) return checked.value;
  const [{ path, message }] = checked.problems;
  throw new InputError(
    `${place} is no baseline of Proofhouse: ${[...path, ''].join('.').slice(0, -1)}: ${message}`,
    again,
  );
}

/** What a description claims beyond its shape: that its parts fit each other. */
function requireConsistent({ models, evaluations, outcomes }: BaselineFile, place: string): void {
  const unique = (names: string[], what: string) => {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new InputError(`${place} lists ${what} ${twice} twice.`, again);
  };
  unique(
    models.map(({ name }) => name),
    'the model',
  );
  unique(
    evaluations.map(({ id }) => id),
    'the evaluation',
  );
  unique(
    outcomes.columns.map(({ model, evaluation }) => `${evaluation} of ${model}`),
    'the outcomes',
  );
  const stray = outcomes.columns.find(
    ({ model, evaluation }) =>
      models.every(({ name }) => name !== model) || evaluations.every(({ id }) => id !== evaluation),
  );
  if (stray !== undefined)
    throw new InputError(
      `${place} has outcomes of ${stray.evaluation} on ${stray.model}, which it does not list.`,
      again,
    );
  const bare = models.find(({ name }) =>
    outcomes.columns.every(({ model, evaluation }) => model !== name || evaluation !== 'clean'),
  );
  if (bare !== undefined) throw new InputError(`${place} has no clean outcomes of ${bare.name}.`, again);
}

export interface StoredBaseline {
  standings: Standings;
  metrics: BaselineFile['metrics'];
  /** SHA-256 of the description, which names the outcomes by theirs. */
  sha256: string;
}

/** @throws InputError when the folder holds no baseline, a damaged one, or one of a newer Proofhouse */
export async function readBaseline(folder: string): Promise<StoredBaseline> {
  const place = `${basename(folder)}/${baselineFiles.description}`;
  const text = (await readLimited(folder, baselineFiles.description, largestDescription)).toString('utf8');
  const description = parseDescription(text, place);
  requireConsistent(description, place);
  const { dataset, outcomes } = description;
  const expected = outcomes.columns.length * columnBytes(dataset.examples);
  const bits = await readLimited(folder, baselineFiles.outcomes, expected);
  const damage =
    bits.length < expected
      ? `is cut short: ${bits.length} bytes, not ${expected}`
      : sha256(bits) === outcomes.sha256
        ? undefined
        : `is not what ${baselineFiles.description} was stored with: its SHA-256 differs`;
  if (damage !== undefined) throw new InputError(`${basename(folder)}/${baselineFiles.outcomes} ${damage}.`, again);
  return {
    standings: {
      ...description,
      stands(model, evaluation) {
        const position = outcomes.columns.findIndex((one) => one.model === model && one.evaluation === evaluation);
        return position === -1 ? undefined : unpackBits(bits, position, dataset.examples);
      },
    },
    metrics: description.metrics,
    sha256: sha256(text),
  };
}
