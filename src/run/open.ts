/** A finished run read back from its folder: the record that reports render, and the rows that audits and comparisons read. */
import type { AuditInput } from '../plugin/audit.ts';
import { type ExampleRow, MODEL_PROBE, type OutcomeRow } from '../plugin/outcome.ts';
import type { RunRecord } from '../plugin/record.ts';
import { files } from './folder.ts';
import type { Manifest } from './manifest.ts';
import { readDocument, readRows } from './read.ts';

export interface FinishedRun {
  folder: string;
  record: RunRecord;
  manifest: Manifest;
  /** What audits were given. */
  input: AuditInput;
}

/** @throws InputError when the folder holds no finished run, or one that cannot be read */
export async function openRun(folder: string): Promise<FinishedRun> {
  const record = await readDocument<RunRecord>(folder, files.results, 'results');
  const manifest = await readDocument<Manifest>(folder, files.manifest, 'manifest');
  const examples = await readRows<ExampleRow>(folder, files.examples, 'example');
  const rows = byEvaluation(await readRows<OutcomeRow>(folder, files.outcomes, 'outcome'));
  return { folder, record, manifest, input: inputOf(record, examples, rows) };
}

type Rows = Map<string, Map<string, Map<string, OutcomeRow>>>;

/** Rows by model, evaluation and example. */
function byEvaluation(outcomes: readonly OutcomeRow[]): Rows {
  const rows: Rows = new Map();
  for (const row of outcomes) {
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
