/** How to repeat the run and check that it is the same: the command, what the bytes rest on, the digests, and the machine's result. */
import type { RunRecord } from 'proofhouse/plugin';
import { visible } from '../../text.ts';
import { type Tag, tagOf } from '../look.ts';
import { type EmbeddedView, embeddedView } from './embed.ts';
import { code, count, figure, heading, left, right, type Table, table, tagged, words } from './table.ts';

export interface ReproduceView {
  command: string;
  facts: { name: string; value: string }[];
  digests: Table;
  config: string;
  queries: Table | null;
  notes: string[];
  embedded: EmbeddedView;
}

/** @param record as it is shown @param raw as it was given: its command and its data are not shortened */
export function reproduceView(record: RunRecord, raw: RunRecord, tags: ReadonlyMap<string, Tag>): ReproduceView {
  const { models, surrogates = [], dataset, baseline } = record;
  return {
    command: visible(raw.command),
    facts: [
      { name: 'Seed', value: String(record.seed) },
      { name: 'Proofhouse', value: record.proofhouse },
      { name: 'Engine', value: `${record.engine.name} ${record.engine.version}` },
      { name: 'Device', value: record.engine.device },
      { name: 'Instruction set', value: record.engine.instructionSet },
      { name: 'Results schema', value: `version ${record.schemaVersion}` },
    ],
    digests: table(
      'What the bytes rest on, by SHA-256',
      [left('What'), left('File'), left('SHA-256')],
      [
        ...[...models, ...surrogates].map(({ name, file, sha256 }) => [
          heading(words(name)),
          words(file),
          code(sha256),
        ]),
        [heading(words('data')), words(dataset.source), code(dataset.sha256)],
        ...(baseline?.models ?? []).map(({ name, sha256 }) => [
          heading(words(`${name}, in the baseline`)),
          words(baseline?.name ?? ''),
          code(sha256),
        ]),
      ],
    ),
    config: JSON.stringify(record.config, null, 2),
    queries: queriesTable(record, tags),
    notes: record.notes,
    embedded: embeddedView(raw),
  };
}

/** Evaluations beyond these are in results.json. */
const MOST_ROWS = 120;

function queriesTable({ queries, evaluations }: RunRecord, tags: ReadonlyMap<string, Tag>): Table | null {
  if (queries.length === 0) return null;
  const titles = new Map(evaluations.map(({ id, title }) => [id, title]));
  const shown = queries.slice(0, MOST_ROWS);
  return table(
    shown.length < queries.length
      ? `Queries asked of the models, the first ${shown.length}`
      : 'Queries asked of the models',
    [
      left('Model'),
      left('Evaluation'),
      right('Examples'),
      ...['Gradient', 'Score', 'Decision'].flatMap((access) => [right(access), right(`${access} per example`)]),
    ],
    shown.map(({ model, evaluation, examples, gradient, score, decision }) => [
      heading(tagged(tagOf(tags, model))),
      words(titles.get(evaluation) ?? evaluation, titles.has(evaluation) ? evaluation : null),
      count(examples),
      ...[gradient, score, decision].flatMap((asked) => [count(asked), figure(asked / Math.max(1, examples))]),
    ]),
  );
}
