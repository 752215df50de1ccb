/** The whole page as plain data, in reading order: what a template may print. Text is made visible here, once, before anything else sees it. */
import type { ReportInput, RunRecord } from 'proofhouse/plugin';
import { visible, visibleData } from '../../text.ts';
import { modelTags, type Tag, tagOf } from '../look.ts';
import { type FindingView, findingView } from './finding.ts';
import { type GalleryView, galleryView } from './gallery.ts';
import { type SubjectView, subjectView } from './subject.ts';
import { count, heading, left, right, type Table, table, tagged, words } from './table.ts';
import { type VerdictView, verdictView } from './verdict.ts';

export interface ReportView {
  title: string;
  proofhouse: string;
  verdict: VerdictView;
  models: Tag[];
  subject: SubjectView;
  findings: FindingView[];
  /** Said where the record has no subgroups to speak of. */
  noSubgroups: boolean;
  gallery: GalleryView;
  queries: Table | null;
  notes: string[];
  reproduce: {
    command: string;
    facts: { name: string; value: string }[];
    config: string;
  };
  /** The record as JSON that is safe inside a script element. */
  json: string;
}

export function reportView(record: RunRecord, images: ReportInput['images']): ReportView {
  const shown = visibleData(record);
  const tags = modelTags(shown.models.map(({ name }) => name));
  const verdict = verdictView(shown, tags);
  return {
    title: `${verdict.word}: ${shown.models.map(({ name }) => name).join(', ')}`,
    proofhouse: shown.proofhouse,
    verdict,
    models: [...tags.values()],
    subject: subjectView(shown, tags),
    findings: shown.findings.map((finding, index) => findingView(finding, index, shown, tags)),
    noSubgroups: shown.dataset.groupColumns.length === 0,
    gallery: galleryView(shown, record.gallery.items, images, tags),
    queries: queriesTable(shown, tags),
    notes: shown.notes,
    reproduce: {
      command: visible(record.command),
      facts: [
        { name: 'Seed', value: String(shown.seed) },
        { name: 'Proofhouse', value: shown.proofhouse },
        { name: 'Engine', value: `${shown.engine.name} ${shown.engine.version}` },
        { name: 'Device', value: shown.engine.device },
        { name: 'Instruction set', value: shown.engine.instructionSet },
        { name: 'Results schema', value: `version ${shown.schemaVersion}` },
      ],
      config: JSON.stringify(shown.config, null, 2),
    },
    json: JSON.stringify(record).replace(
      /[<\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  };
}

function queriesTable({ queries, evaluations }: RunRecord, tags: ReadonlyMap<string, Tag>): Table | null {
  if (queries.length === 0) return null;
  const titles = new Map(evaluations.map(({ id, title }) => [id, title]));
  return table(
    'Queries asked of the models',
    [left('Model'), left('Evaluation'), right('Examples'), right('Gradient'), right('Score'), right('Decision')],
    queries.map(({ model, evaluation, examples, gradient, score, decision }) => {
      return [
        heading(tagged(tagOf(tags, model))),
        words(titles.get(evaluation) ?? evaluation, titles.has(evaluation) ? evaluation : null),
        ...[examples, gradient, score, decision].map(count),
      ];
    }),
  );
}
