/** The main numbers side by side, one column a model: of each audit its first figure, and its worst case at the largest ε of each norm. */
import type { Finding, Metric, RunRecord } from 'proofhouse/plugin';
import { casesNoun, inUnit, range, undefinedText } from '../../format.ts';
import { type Tag, tagOf } from '../look.ts';

export interface GlanceView {
  models: Tag[];
  rows: {
    label: string;
    cells: {
      value: string;
      small: string | null;
      share: number | null;
      low: number | null;
      span: number;
      colour: string;
    }[];
  }[];
}

/** Models that stand side by side on the first screen, and rows; the rest is below. */
const MOST_MODELS = 4;
const MOST_ROWS = 6;

export function glanceView({ findings, models }: RunRecord, tags: ReadonlyMap<string, Tag>): GlanceView | null {
  const shown = models.slice(0, MOST_MODELS).map(({ name }) => tagOf(tags, name));
  const ids = findings.flatMap(mainOf).slice(0, MOST_ROWS);
  if (ids.length === 0) return null;
  return {
    models: shown,
    rows: ids.map(({ metric, label, of }) => ({
      label,
      cells: shown.map(({ name, colour }) => {
        const found = of.find(({ id, model }) => id === metric && model === name);
        return { ...cellOf(found), colour };
      }),
    })),
  };
}

function cellOf(metric: Metric | undefined) {
  const nothing = { small: null, share: null, low: null, span: 0 };
  if (metric === undefined) return { ...nothing, value: 'not measured' };
  const { value, unit, total, label, interval } = metric;
  if (value === null) return { ...nothing, value: undefinedText(total, casesNoun(label)) };
  const bar = unit === 'proportion';
  return {
    value: inUnit(value, unit),
    small: interval ? range(interval.low, interval.high, unit) : null,
    share: bar ? round(100 * value) : null,
    low: bar && interval ? round(100 * interval.low) : null,
    span: bar && interval ? round(100 * (interval.high - interval.low)) : 0,
  };
}

/** Numbers over everyone: an audit that measures rates on clean images shows that one and the worst cases of the next family. */
function mainOf({ metrics }: Finding) {
  const everyone = metrics.filter(({ id, group }) => group === undefined && !id.includes('['));
  const [first] = everyone;
  if (first === undefined) return [];
  const worst = new Map<string, Metric>();
  const family = everyone.find(({ id }) => id.includes('@worst:'))?.id.split('@')[0];
  for (const metric of everyone) {
    const norm = /@worst:([^:]+):/.exec(metric.id)?.[1];
    if (norm !== undefined && metric.id.split('@')[0] === family) worst.set(norm, metric);
  }
  return [first, ...worst.values()].map(({ id, label }) => ({ metric: id, label, of: metrics }));
}

const round = (value: number) => Math.round(value * 10) / 10;
