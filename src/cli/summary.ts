/**
 * The end of a run in a terminal, at most 25 lines: the numbers that its verdict rests on, the gates that do not hold, and the verdict.
 * Everything else is for the report.
 */
import type { Metric } from '../plugin/finding.ts';
import type { Change, GateResult, RunRecord, Verdict } from '../plugin/record.ts';
import { type Column, colour, printable, table } from './terminal.ts';

/** Rows of numbers of a run that sets no gate, so that the numbers are what it was made for; and of one that does. */
const mostRows = { measuring: 16, gated: 6 };
const mostGates = 8;

const short = (value: number) => String(Number(value.toPrecision(4)));

const number = (value: number, unit: Metric['unit']) =>
  unit === 'proportion' ? `${(100 * value).toFixed(1)} %` : short(value);

/** '54.6 %  [50.2, 58.9]', or 'undefined' with its reason for a rate of nothing. */
function valueCell(metric: Metric | undefined): string {
  if (!metric) return '–';
  if (metric.value === null) return metric.total === 0 ? 'undefined (0 cases)' : 'undefined';
  const value = number(metric.value, metric.unit);
  if (!metric.interval) return value;
  const limits = [metric.interval.low, metric.interval.high].map((limit) =>
    number(limit, metric.unit).replace(' %', ''),
  );
  return `${value}  ${colour('dim', `[${limits.join(', ')}]`)}`;
}

/** What a metric measures, without the condition: 'robust-accuracy' of 'robust-accuracy@pgd:linf:8/255'. */
const measure = (id: string) => /^(?:\\.|[^\\@])*/.exec(id)?.[0] ?? id;

/** Ids over everyone, measure by measure in the audits' order, as many whole measures as fit. */
function wholeMeasures(ids: readonly string[]): string[] {
  const measures = [...new Set(ids.map(measure))].map((name) => ids.filter((id) => measure(id) === name));
  const shown = measures[0]?.slice(0, mostRows.measuring) ?? [];
  for (const next of measures.slice(1)) {
    if (shown.length + next.length > mostRows.measuring) break;
    shown.push(...next);
  }
  return shown;
}

/** What gates bind first, then clean, worst-case and robust accuracy, as far as they fit; in the audits' order. */
function decisive(ids: readonly string[], gates: readonly GateResult[]): string[] {
  const gated = gates.flatMap(({ metric = '' }) => metric);
  const starting = (text: string) => ids.filter((id) => id.startsWith(text));
  const wanted = [...gated, 'clean-accuracy', ...starting('robust-accuracy@worst:'), ...starting('robust-accuracy@')];
  const shown = [...new Set(wanted)].filter((id) => ids.includes(id)).slice(0, mostRows.gated);
  return ids.filter((id) => shown.includes(id));
}

function metricsTable({ findings, models, gates }: RunRecord): string {
  const metrics = findings.flatMap((finding) => finding.metrics);
  const ids = [...new Set(metrics.filter(({ group }) => group === undefined).map(({ id }) => id))];
  const shown = gates.length === 0 ? wholeMeasures(ids) : decisive(ids, gates);
  const columns: Column[] = [{ title: 'metric' }];
  for (const { name } of models) columns.push({ title: printable(name), align: 'right' });
  const rows = shown.map((id) => [
    printable(id),
    ...models.map(({ name }) => valueCell(metrics.find((metric) => metric.id === id && metric.model === name))),
  ]);
  const left = ids.length - shown.length;
  return table(columns, rows) + (left > 0 ? `\n${colour('dim', `… and ${left} more in the report`)}` : '');
}

const verdictStyle = {
  pass: 'green',
  fail: 'red',
  inconclusive: 'yellow',
  error: 'red',
  'not applicable': 'dim',
} as const satisfies Record<Verdict, string>;

const verdictWord = (verdict: Verdict) => colour(verdictStyle[verdict], verdict);

/** The first gate's sentence, of a gate that blocks with the way to mend it; of one that warns what it measured, or why it could not. */
function reason({ effect, why, fix = '', accepted, measured, low, high, unit }: GateResult): string {
  if (accepted?.state === 'unused') return fix;
  if (effect === 'blocks' || measured === null) return `${why} ${fix}`.trimEnd();
  const interval = low === undefined || high === undefined ? '' : ` [${number(low, unit)}, ${number(high, unit)}]`;
  return `measured ${number(measured, unit)}${interval}`;
}

/** A line for each gate that does not hold, those that block first; gates that say the same thing share one. */
function gateLines(gates: readonly GateResult[]): string[] {
  const open = [
    ...gates.filter(({ effect }) => effect === 'blocks'),
    ...gates.filter(({ effect, verdict }) => effect === 'warns' || (effect === 'none' && verdict !== 'pass')),
  ];
  const alike = new Map<string, GateResult[]>();
  for (const gate of open) {
    const key = JSON.stringify([gate.verdict, gate.effect, gate.accepted, reason(gate)]);
    alike.set(key, [...(alike.get(key) ?? []), gate]);
  }
  const lines = [...alike.values()].map((same) => {
    const [{ verdict, effect, accepted }] = same;
    const borne = accepted?.state === 'holds' ? `accepted by ${accepted.owner} until ${accepted.expires}` : 'warns';
    const aside = effect === 'warns' ? ` (${borne})` : '';
    const names = same.map(({ rule, model }) => `${rule} (${model})`);
    const rest = names.length > 2 ? ` and ${names.length - 1} more` : '';
    const named = rest === '' ? names.join(' and ') : `${names[0]}${rest}`;
    return `${verdictWord(verdict)}${printable(`${aside}  ${named}: ${reason(same[0])}`)}`;
  });
  const left = lines.length - mostGates;
  return left > 0 ? [...lines.slice(0, mostGates), colour('dim', `… and ${left} more in the report`)] : lines;
}

/** One line for all comparisons; which images moved is in the report. */
function changesLine(changes: readonly Change[]): string {
  const paired = changes.flatMap((change) => change.paired ?? []);
  const sum = (of: 'regressed' | 'improved') => paired.reduce((total, pair) => total + pair[of].length, 0);
  const apart = changes.length - paired.length;
  const aside = apart > 0 ? `; ${apart} not comparable` : '';
  return `since the baseline  ${sum('regressed')} right → wrong, ${sum('improved')} wrong → right, in ${paired.length} comparisons${aside}`;
}

/** @param report path of the report, printed last so that it is what the eye finds */
export function summary(record: RunRecord, report: string): string {
  const parts = [metricsTable(record)];
  const lines = gateLines(record.gates);
  if (lines.length > 0) parts.push(lines.join('\n'));
  if (record.changes !== undefined && record.changes.length > 0) parts.push(changesLine(record.changes));
  const verdict = `${colour('bold', verdictWord(record.verdict.status))}  ${printable(record.verdict.sentence)}`;
  parts.push(`${verdict}\nreport  ${printable(report)}`);
  return `\n${parts.join('\n\n')}\n`;
}
