/** What was tested: the models, the data and the attacks, with the hashes that pin them. */
import { group } from 'd3-array';
import { type ModelFacts, normName, type RunRecord } from 'proofhouse/plugin';
import { bytes, magnitude, percent, plain, whole } from '../../format.ts';
import { type Tag, tagOf } from '../look.ts';
import { type Cell, code, count, figure, heading, left, right, sectioned, type Table, table, words } from './table.ts';

interface ModelCard {
  tag: Tag;
  sha256: string;
  facts: { name: string; value: string }[];
  /** Why attacks that need gradients could not run; null where they could. */
  withoutGradient: string | null;
}

export interface SubjectView {
  models: ModelCard[];
  data: { source: string; sha256: string; facts: { name: string; value: string }[] };
  classes: Table;
  groups: Table | null;
  attacks: Table | null;
}

export function subjectView(record: RunRecord, tags: ReadonlyMap<string, Tag>): SubjectView {
  const { dataset, classes, models } = record;
  const { channels, height, width } = dataset.shape;
  return {
    models: models.map((model) => modelCard(model, tagOf(tags, model.name))),
    data: {
      source: dataset.source,
      sha256: dataset.sha256,
      facts: [
        { name: 'Images', value: whole(dataset.examples) },
        { name: 'Shape', value: `${channels} × ${height} × ${width} (channels, height, width)` },
        { name: 'Classes', value: whole(classes.length) },
        { name: 'Subgroup columns', value: dataset.groupColumns.map(({ name }) => name).join(', ') || 'none' },
      ],
    },
    classes: table(
      'Images in each class',
      [left('Class'), right('Images'), right('Share')],
      classes.map((name, index) => {
        const images = dataset.perClass[index] ?? 0;
        return [heading(words(name)), count(images), share(images, dataset.examples)];
      }),
    ),
    groups: groupsTable(record),
    attacks: attacksTable(record),
  };
}

function modelCard(model: ModelFacts, tag: Tag): ModelCard {
  const preprocessing = Object.entries(model.preprocessing).map(([name, value]) => `${name} ${inWords(value)}`);
  return {
    tag,
    sha256: model.sha256,
    facts: [
      { name: 'File', value: `${model.file} (${bytes(model.bytes)})` },
      { name: 'Format', value: `${model.format}, operator set ${model.opset}` },
      { name: 'Producer', value: model.producer || 'not recorded' },
      { name: 'Input', value: `${model.input.name} [${model.input.dims.join(', ')}], ${model.input.layout}` },
      { name: 'Output', value: `${model.output.name}, ${whole(model.output.classes)} classes` },
      { name: 'Parameters', value: magnitude(model.parameters) },
      { name: 'Multiply–accumulates', value: `${magnitude(model.macs)} per image` },
      { name: 'Preprocessing', value: preprocessing.join(' · ') || 'none' },
      { name: 'Gradient', value: model.gradient.available ? 'derived from the file' : 'not available' },
    ],
    withoutGradient: model.gradient.available ? null : (model.gradient.reason ?? 'The record gives no reason.'),
  };
}

function groupsTable({ dataset }: RunRecord): Table | null {
  if (dataset.groupColumns.length === 0) return null;
  return sectioned(
    'Images in each subgroup',
    [left('Subgroup'), right('Images'), right('Share')],
    dataset.groupColumns.map(({ name, values, unknown }) => ({
      heading: name,
      rows: [
        ...Object.entries(values).map(([value, images]) => [
          heading(words(value)),
          count(images),
          share(images, dataset.examples),
        ]),
        ...(unknown > 0 ? [[heading(words('(unknown)')), count(unknown), share(unknown, dataset.examples)]] : []),
      ],
    })),
  );
}

function attacksTable({ evaluations }: RunRecord): Table | null {
  const attacks = evaluations.filter(({ id }) => id !== 'clean');
  if (attacks.length === 0) return null;
  const sweeps = group(attacks, ({ attack, surrogate, norm, goal, access, options }) =>
    JSON.stringify([attack, surrogate, norm, goal, access, options]),
  );
  return table(
    'Attacks that were run',
    [left('Attack'), left('Norm'), left('ε'), left('Goal'), left('Access'), left('Options')],
    [...sweeps.values()].map((sweep): Cell[] => {
      const { attack, surrogate, fitted, title, norm, goal, access, options, reference } = sweep[0];
      const madeOn = [
        ...(surrogate === undefined ? [] : [surrogate]),
        ...(fitted ? ['the other half of the images'] : []),
      ];
      return [
        heading(words(sweep.every((other) => other.title === title) ? title : attack, reference ?? null)),
        words(norm ? normName(norm) : '–'),
        words(
          sweep
            .map(({ epsilon, epsilonText }) => epsilonText ?? (epsilon === undefined ? '–' : plain(epsilon)))
            .join(', '),
        ),
        words(goal ?? '–'),
        words(madeOn.length === 0 ? (access ?? '–') : `none: made on ${madeOn.join(', ')}`),
        code(
          Object.entries(options ?? {})
            .map(([name, value]) => `${name} ${inWords(value)}`)
            .join(', ') || '–',
        ),
      ];
    }),
  );
}

const share = (part: number, all: number): Cell => (all === 0 ? words('–') : figure(part / all, percent(part / all)));

const inWords = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '–'));
