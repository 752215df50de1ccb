/** The first screen: the verdict in a sentence, and the gates that decided it, failures first. */
import { group } from 'd3-array';
import type { GateResult, RunRecord } from 'proofhouse/plugin';
import { inUnit, normName, plain, range, whole } from '../../format.ts';
import { inReadingOrder, wordOf } from '../../gates.ts';
import { type IntervalView, intervalView } from '../charts/interval.ts';
import { type Tag, tagOf } from '../look.ts';

export interface GateView {
  word: string;
  kind: string;
  rule: string;
  label: string | null;
  tag: Tag;
  why: string;
  measured: string;
  /** 'between 50.1 and 59.0 % · n = 500'. */
  evidence: string;
  method: string;
  /** The drawing in words. */
  says: string;
  bar: IntervalView;
}

export interface VerdictView {
  word: string;
  kind: string;
  sentence: string;
  /** The audits' own summaries. */
  summaries: { title: string; text: string }[];
  /** What a pass would rest on, and so what it does not cover. */
  covers: string;
  tally: { kind: string; text: string }[];
  gates: GateView[];
}

export function verdictView(record: RunRecord, tags: ReadonlyMap<string, Tag>): VerdictView {
  const { verdict, gates } = record;
  const ordered = inReadingOrder(gates);
  return {
    ...(gates.length === 0 && verdict.status === 'not applicable'
      ? { word: 'No verdict', kind: 'none' }
      : wordOf(verdict.status)),
    sentence: verdict.sentence,
    summaries: record.findings.map(({ title, summary }) => ({ title, text: summary })),
    covers: covers(record),
    tally: [...group(ordered, ({ verdict: status }) => status)].map(([status, of]) => ({
      kind: wordOf(status).kind,
      text: `${of.length} ${wordOf(status).word.toLowerCase()}`,
    })),
    gates: ordered.map((gate) => gateView(gate, record, tags)),
  };
}

function gateView(gate: GateResult, { findings }: RunRecord, tags: ReadonlyMap<string, Tag>): GateView {
  const metric = findings
    .flatMap(({ metrics }) => metrics)
    .find(({ id, model }) => id === gate.metric && model === gate.model);
  const { unit } = gate;
  const measured =
    gate.measured !== null && Number.isFinite(gate.measured) ? inUnit(gate.measured, unit) : 'not measured';
  const interval =
    gate.low === undefined || gate.high === undefined
      ? null
      : `between ${range(gate.low, gate.high, unit).replace('–', ' and ').replace(' to ', ' and ')}`;
  const evidence = [interval, gate.total === undefined ? null : `n = ${whole(gate.total)}`].filter(
    (part) => part !== null,
  );
  const bar = intervalView(gate, unit);
  return {
    ...wordOf(gate.verdict),
    rule: gate.rule,
    label: metric?.label ?? null,
    tag: tagOf(tags, gate.model),
    why: gate.why,
    measured,
    evidence: evidence.join(' · '),
    method: gate.by === 'bound' ? `judged by the confidence bound · ${gate.method}` : 'judged by the point estimate',
    says: [`Required: ${bar.thresholdText}.`, `Measured: ${measured}${interval ? `, ${interval}` : ''}.`].join(' '),
    bar,
  };
}

function covers({ evaluations, dataset, models }: RunRecord): string {
  const attacks = evaluations.filter(({ id }) => id !== 'clean');
  const images = `${whole(dataset.examples)} ${dataset.examples === 1 ? 'image' : 'images'}`;
  const subject = models.length === 1 ? 'one model' : `${models.length} models`;
  if (attacks.length === 0) return `${subject} on ${images}, with no attack: this says nothing about robustness`;
  const series = group(attacks, ({ attack, surrogate, norm }) => JSON.stringify([attack, surrogate, norm]));
  const names = [...series.values()].map((sweep) => {
    const [{ attack: plugin, surrogate, norm }] = sweep;
    const attack = surrogate === undefined ? plugin : `${plugin} made on ${surrogate}`;
    const [{ epsilon, epsilonText }] = sweep.toSorted((a, b) => (b.epsilon ?? 0) - (a.epsilon ?? 0));
    if (norm === undefined || epsilon === undefined) return attack;
    return `${attack} (${normName(norm)} up to ${epsilonText ?? plain(epsilon)})`;
  });
  return `${subject} on ${images} under ${names.join(', ')}; attacks that were not tried are not covered`;
}
