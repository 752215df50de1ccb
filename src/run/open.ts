/** A finished run read back from its folder: the record that reports render, and the rows that audits and comparisons read. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InputError } from '../errors.ts';
import type { AuditInput } from '../plugin/audit.ts';
import { type ExampleRow, MODEL_PROBE, type OutcomeRow } from '../plugin/outcome.ts';
import type { RunRecord } from '../plugin/record.ts';
import { files } from './folder.ts';
import type { Manifest } from './manifest.ts';

export interface FinishedRun {
  folder: string;
  record: RunRecord;
  manifest: Manifest;
  /** What audits were given. */
  input: AuditInput;
}

const newest = 1;

/** @throws InputError when the file is missing, not what it should be, or of a newer Proofhouse */
async function read(folder: string, file: string): Promise<string> {
  try {
    return await readFile(join(folder, file), 'utf8');
  } catch (error) {
    throw new InputError(
      `${basename(folder)} holds no finished run: ${file} cannot be read.`,
      'Name the folder of a run that ended; an interrupted one is finished by its own command with --resume.',
      { cause: error },
    );
  }
}

function parse(folder: string, file: string, text: string, line?: number): object {
  const place = `${basename(folder)}/${file}${line === undefined ? '' : `:${line}`}`;
  let value: { schemaVersion?: unknown } | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch (error) {
    throw new InputError(`${place} is not JSON: ${(error as Error).message}.`, 'Run the audit again.', {
      cause: error,
    });
  }
  const version = value?.schemaVersion;
  if (value === null || typeof version !== 'number')
    throw new InputError(`${place} is not a result of Proofhouse: it has no schemaVersion.`, 'Run the audit again.');
  if (version > newest)
    throw new InputError(
      `${place} is of schema version ${version}; this Proofhouse reads up to ${newest}.`,
      'Use the Proofhouse that wrote it, or a newer one.',
    );
  return value;
}

/** @throws InputError when the folder holds no finished run, or one that cannot be read */
export async function openRun(folder: string): Promise<FinishedRun> {
  const record = parse(folder, files.results, await read(folder, files.results)) as RunRecord;
  const manifest = parse(folder, files.manifest, await read(folder, files.manifest)) as Manifest;
  const lines = async (file: string) =>
    (await read(folder, file))
      .trimEnd()
      .split('\n')
      .map((line, index) => parse(folder, file, line, index + 1));
  const examples = ((await lines(files.examples)) as ExampleRow[]).map(({ id, label, groups }) => ({
    id,
    label,
    groups,
  }));
  const rows = byEvaluation((await lines(files.outcomes)) as OutcomeRow[]);
  return { folder, record, manifest, input: inputOf(record, examples, rows) };
}

type Rows = Map<string, Map<string, Map<string, OutcomeRow>>>;

/** Rows by model, evaluation and example. */
function byEvaluation(outcomes: readonly (OutcomeRow & { schemaVersion?: number })[]): Rows {
  const rows: Rows = new Map();
  for (const { schemaVersion: _, ...row } of outcomes) {
    const ofModel = rows.get(row.model) ?? new Map<string, Map<string, OutcomeRow>>();
    const ofEvaluation = ofModel.get(row.evaluation) ?? new Map<string, OutcomeRow>();
    ofEvaluation.set(row.example, row);
    rows.set(row.model, ofModel.set(row.evaluation, ofEvaluation));
  }
  return rows;
}

function inputOf(record: RunRecord, examples: readonly ExampleRow[], rows: Rows): AuditInput {
  const full = new Set(record.evaluations.map(({ id }) => id));
  const sparse = (model: string, evaluation: string) => {
    const found = rows.get(model)?.get(evaluation);
    return found && examples.map(({ id }) => found.get(id));
  };
  return {
    models: record.models.map(({ name }) => name),
    classes: record.classes,
    groupColumns: record.dataset.groupColumns.map(({ name }) => name),
    evaluations: record.evaluations,
    examples,
    rows: (model, evaluation) =>
      full.has(evaluation) ? sparse(model, evaluation)?.filter((row) => row !== undefined) : undefined,
    audits: record.findings.map(({ audit }) => audit),
    probes: {
      // Their descriptions are not stored; only their rows are.
      evaluations: [],
      rows: (model, evaluation) => (full.has(evaluation) ? undefined : sparse(model, evaluation)),
      model: (model) => sparse(model, MODEL_PROBE)?.map((row) => row?.probe),
    },
  };
}
