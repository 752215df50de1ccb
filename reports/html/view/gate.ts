/** One gate: what was required and measured, the bar between the two, what it rests on, what would mend it and where to read on. */
import type { GateEvidence, GateResult, RunRecord } from 'proofhouse/plugin';
import { inUnit, plain, range, unbroken, whole } from '../../format.ts';
import { wordOf } from '../../gates.ts';
import { type IntervalView, intervalView } from '../charts/interval.ts';
import { type Tag, tagOf } from '../look.ts';
import { type MetricIndex, metricOf } from './metrics.ts';
import { type Cell, figure, heading, left, right, type Table, table, UNDEFINED, verdictCell, words } from './table.ts';

export interface GateView {
  /** Target of deep links. */
  id: string;
  word: string;
  kind: string;
  rule: string;
  /** The metric in words; null where the rule binds none, or an unknown one. */
  label: string | null;
  tag: Tag;
  why: string;
  fix: string | null;
  /** 'does not block: the config makes it a warning'; null where the verdict says it all. */
  effect: string | null;
  measured: string;
  /** 'between 50.1 and 59.0 % · n = 500'. */
  evidence: string;
  method: string;
  /** The drawing in words. */
  says: string;
  /** Null where there is no limit on a line to draw. */
  bar: IntervalView | null;
  accepted: string | null;
  /** 'proofhouse.yaml:31'. */
  source: string | null;
  parts: { title: string; table: Table; open: boolean } | null;
  /** Section that measured it. */
  more: { href: string; text: string } | null;
}

/** Where a reader goes on from a gate, by what it binds. */
export interface GateContext {
  record: RunRecord;
  tags: ReadonlyMap<string, Tag>;
  metrics: MetricIndex;
  /** Id of the section of each finding. */
  sections: ReadonlyMap<string, { href: string; text: string }>;
}

/** Parts of a gate that are listed open; of more, the first are shown. */
const FEW = 6;
const MOST_PARTS = 40;

export function gateView(gate: GateResult, index: number, context: GateContext): GateView {
  const { record, tags, metrics } = context;
  const metric = gate.metric === undefined ? undefined : metricOf(metrics, gate.metric, gate.model);
  const { unit } = gate;
  const measured =
    gate.measured !== null && Number.isFinite(gate.measured) ? inUnit(gate.measured, unit) : 'not measured';
  const interval =
    gate.low === undefined || gate.high === undefined
      ? null
      : `between ${range(gate.low, gate.high, unit).replace('–', ' and ').replace(' to ', ' and ')}`;
  const before = baselineOf(gate, record);
  const evidence = [
    interval,
    gate.total === undefined ? null : `n = ${whole(gate.total)}`,
    before === null ? null : `baseline ${inUnit(before, unit)}`,
  ].filter((part) => part !== null);
  const drawn = typeof gate.threshold === 'number' && !(gate.kind === 'attack-health');
  return {
    ...wordOf(gate.verdict),
    id: `gate-${index + 1}`,
    rule: gate.rule,
    label: metric?.label ?? null,
    tag: tagOf(tags, gate.model),
    why: unbroken(gate.why),
    fix: gate.fix === undefined ? null : unbroken(gate.fix),
    effect: effectOf(gate, record),
    measured: gate.kind === 'attack-health' && gate.measured !== null ? `${plain(gate.measured)} failed` : measured,
    evidence: evidence.join(' · '),
    method: gate.by === 'bound' ? `judged by the confidence bound · ${gate.method}` : 'judged by the point estimate',
    says: [
      `Required: ${gate.required}.`,
      `Measured: ${measured}${interval ? `, ${interval}` : ''}.`,
      ...(before === null ? [] : [`Baseline: ${inUnit(before, unit)}.`]),
    ].join(' '),
    bar: drawn ? intervalView(gate, unit, before) : null,
    accepted: gate.accepted
      ? `Accepted by ${gate.accepted.owner} until ${gate.accepted.expires}: ${gate.accepted.reason}`
      : null,
    source: gate.source ? `${gate.source.file}:${gate.source.line}` : null,
    parts: partsOf(gate),
    more: moreOf(gate, context),
  };
}

/** Accuracy of the baseline on the same examples, where the gate binds an accuracy that was compared. */
function baselineOf({ metric, model, kind }: GateResult, { changes }: RunRecord): number | null {
  if (metric === undefined || (kind !== 'floor' && kind !== 'ceiling')) return null;
  const evaluation = metric === 'clean-accuracy' ? 'clean' : /^robust-accuracy@([^[]+)$/.exec(metric)?.[1];
  const paired = changes?.find((change) => change.model === model && change.evaluation === evaluation)?.paired;
  return paired === undefined || paired.total === 0 ? null : (paired.stand + paired.regressed.length) / paired.total;
}

/** Why a verdict that is not a pass does or does not stop the run, where its word alone would mislead. */
function effectOf(gate: GateResult, { gating }: RunRecord): string | null {
  if (gate.effect === 'none') return null;
  if (gate.effect === 'blocks')
    return gate.level === 'warn' && gate.verdict !== 'error' ? 'blocks, for this run fails on warnings' : null;
  if (gating.reportOnly) return 'does not block: report only';
  if (gate.accepted?.state === 'holds') return 'does not block: an accepted risk';
  if (gate.accepted?.state === 'unused') return 'does not block: its accepted risk is no longer needed';
  if (gate.level === 'warn') return 'does not block: the config makes it a warning';
  return `does not block in the context ${gating.context}`;
}

const EVIDENCE_ORDER = ['error', 'fail', 'inconclusive', 'pass', 'not applicable'];

function partsOf({ evidence = [], unit, kind }: GateResult): GateView['parts'] {
  if (evidence.length === 0) return null;
  const ordered = evidence.toSorted((a, b) => EVIDENCE_ORDER.indexOf(a.verdict) - EVIDENCE_ORDER.indexOf(b.verdict));
  const shown = ordered.slice(0, MOST_PARTS);
  const measures = evidence.some(({ measured }) => measured !== null);
  const tested = evidence.some(({ p }) => p !== undefined);
  const counted = evidence.some(({ total }) => total !== undefined);
  const value = ({ measured, low, high }: GateEvidence): Cell =>
    measured === null
      ? UNDEFINED
      : {
          ...figure(measured, inUnit(measured, unit)),
          small: low === undefined || high === undefined ? null : range(low, high, unit),
        };
  const columns = [
    left(kind === 'attack-health' ? 'Check' : 'Subgroup'),
    left('Verdict'),
    ...(measures ? [right('Measured')] : []),
    ...(counted ? [right('n')] : []),
    ...(tested ? [right('p, adjusted')] : []),
  ];
  const rows = shown.map((part): Cell[] => [
    heading(words(part.label)),
    verdictCell(part.verdict),
    ...(measures ? [value(part)] : []),
    ...(counted
      ? [
          part.total === undefined
            ? words('–')
            : figure(
                part.total,
                part.count === undefined ? whole(part.total) : `${whole(part.count)}/${whole(part.total)}`,
              ),
        ]
      : []),
    ...(tested ? [part.p === undefined ? words('–') : figure(part.p)] : []),
  ]);
  const title =
    shown.length < evidence.length
      ? `What it rests on: the first ${shown.length} of ${whole(evidence.length)}`
      : 'What it rests on';
  return { title, table: table(title, columns, rows), open: evidence.length <= FEW };
}

function moreOf({ metric, kind }: GateResult, { record, sections, metrics }: GateContext): GateView['more'] {
  if (kind === 'max-drop' && (record.changes?.length ?? 0) > 0)
    return { href: '#change', text: 'Change since the baseline' };
  if (kind === 'attack-health') return { href: '#trust', text: 'Can the numbers be trusted?' };
  if (metric === undefined) return null;
  const audit = metrics.auditOf(metric);
  return audit === undefined ? null : (sections.get(audit) ?? null);
}
