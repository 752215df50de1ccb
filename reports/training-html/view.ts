/** The page as plain data, in reading order. Text is made visible here, once, before anything else sees it. */
import { type EpochRecord, normName, type TrainingRecord } from 'proofhouse/plugin';
import { bytes, magnitude, percent, plain, whole } from '../format.ts';
import { type CurvesView, curvesView } from '../html/charts/curves.ts';
import { look } from '../html/look.ts';
import type { GlanceView } from '../html/view/glance.ts';
import type { VerdictView } from '../html/view/verdict.ts';
import { visible, visibleData } from '../text.ts';
import { chartsOf } from './curves.ts';

interface Fact {
  name: string;
  value: string;
}

export interface TrainingView {
  title: string;
  proofhouse: string;
  verdict: VerdictView;
  charts: { curves: CurvesView }[];
  network: Fact[];
  networkHash: string | null;
  modelHash: string;
  data: Fact[];
  dataHash: string;
  settings: Fact[];
  notes: string[];
  command: string;
  facts: Fact[];
  config: string;
}

const WORDS: Record<TrainingRecord['end']['reason'], { word: string; kind: string }> = {
  complete: { word: 'Trained', kind: 'none' },
  patience: { word: 'Stopped early', kind: 'none' },
  collapse: { word: 'Stopped by the guard', kind: 'inconclusive' },
  diverged: { word: 'Diverged', kind: 'error' },
};

const CHOSEN_BY: Record<TrainingRecord['bestBy'], string> = {
  'clean-accuracy': 'clean accuracy',
  'robust-accuracy': 'robust accuracy',
};

export function trainingView(record: TrainingRecord): TrainingView {
  const shown = visibleData(record);
  const { network, data, model, engine, objective, config } = shown;
  return {
    title: `${WORDS[shown.end.reason].word}: ${network.name}`,
    proofhouse: shown.proofhouse,
    verdict: verdictOf(shown),
    charts: chartsOf(shown).map(({ id, chart }) => ({ curves: curvesView(chart, id, new Map()) })),
    network: [
      { name: 'Began as', value: network.name },
      { name: 'Trained numbers', value: magnitude(network.trained) },
      { name: 'Written to', value: `${model.file} (${bytes(model.bytes)})` },
    ],
    networkHash: network.sha256 ?? null,
    modelHash: model.sha256,
    data: [
      { name: 'Source', value: data.source },
      { name: 'Trained on', value: `${whole(data.training)} images` },
      { name: 'Held out', value: `${whole(data.heldOut)} images` },
      { name: 'Classes', value: data.classes.join(', ') },
      {
        name: 'Shape',
        value: `${data.shape.channels} × ${data.shape.height} × ${data.shape.width} (channels, height, width)`,
      },
      { name: 'Subgroup columns', value: data.groupColumns.map(({ name }) => name).join(', ') || 'none' },
    ],
    dataHash: data.sha256,
    settings: [
      { name: 'Objective', value: `${objective.title} (${objective.reference})` },
      ...Object.entries(config)
        .filter(([name]) => !['network', 'data', 'seed', 'plugins'].includes(name))
        .map(([name, value]) => ({ name, value: inWords(value) })),
    ],
    notes: shown.notes,
    command: visible(record.command),
    facts: [
      { name: 'Seed', value: String(shown.seed) },
      { name: 'Proofhouse', value: shown.proofhouse },
      { name: 'Engine', value: `${engine.name} ${engine.version}` },
      { name: 'Device', value: engine.device },
      { name: 'Instruction set', value: engine.instructionSet },
    ],
    config: JSON.stringify(config, null, 2),
  };
}

function verdictOf(record: TrainingRecord): VerdictView {
  const { curves, best, bestBy, data, end, config } = record;
  const kept = curves[best - 1];
  const last = curves[curves.length - 1];
  const selection = (config.selection as { attack: { attack: string; norm: string; epsilon: number } }).attack;
  const attack = `${selection.attack}, ${normName(selection.norm)} up to ${plain(selection.epsilon)}`;
  const lost = kept.robustAccuracy - last.robustAccuracy;
  return {
    ...WORDS[end.reason],
    sentence: end.sentence,
    banners: [],
    statements: [
      {
        title: 'Measured on',
        text: `${whole(data.heldOut)} images that were held out, clean and under the selecting attack: ${attack}.`,
        href: null,
      },
      {
        title: 'Not covered',
        text: `The held-out images chose the epoch by ${CHOSEN_BY[bestBy]}, so that its numbers are a little too good, and one attack is no audit: run audit.yaml, and audit on other images before it ships.`,
        href: null,
      },
      ...(bestBy === 'robust-accuracy' && lost > 0
        ? [
            {
              title: 'Robust overfitting',
              text: `Robust accuracy fell by ${percent(lost)} from epoch ${best} to the last; the weights of epoch ${best} are kept.`,
              href: null,
            },
          ]
        : []),
    ],
    identity: [],
    glance: glanceOf(kept, last),
    risks: null,
  };
}

/** The kept epoch beside the last one. */
function glanceOf(kept: EpochRecord, last: EpochRecord): GlanceView {
  const epochs = kept === last ? [kept] : [kept, last];
  const row = (label: string, of: (epoch: EpochRecord) => number) => ({
    label,
    cells: epochs.map((epoch, index) => ({
      value: percent(of(epoch)),
      small: null,
      share: Math.round(1e4 * of(epoch)) / 100,
      low: null,
      span: 0,
      colour: look(index).colour,
    })),
  });
  return {
    models: epochs.map((epoch, index) => ({
      name: `epoch ${epoch.epoch}, ${index === 0 ? 'kept' : 'the last'}`,
      ...look(index),
    })),
    rows: [
      row('Clean accuracy', ({ cleanAccuracy }) => cleanAccuracy),
      row('Robust accuracy', ({ robustAccuracy }) => robustAccuracy),
    ],
  };
}

/** A setting as a reader says it: 'name sgd, momentum 0.9'. */
function inWords(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(inWords).join(', ');
  return Object.entries(value)
    .map(([name, part]) => `${name} ${inWords(part)}`)
    .join(', ');
}
