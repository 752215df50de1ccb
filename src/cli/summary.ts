/** The end of a run in a terminal: what was measured for each model, what the gates say, and the verdict. */
import type { Finding, Metric } from '../plugin/finding.ts';
import type { Change, GateResult, RunRecord, Verdict } from '../plugin/record.ts';
import { type Column, colour, printable, table } from './terminal.ts';

const mostRowsOfAFinding = 16;

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

/** Ids of a finding's metrics over everyone, measure by measure in the audit's order, as many whole measures as fit. */
function shownIds({ metrics }: Finding): { shown: string[]; left: number } {
  const ids = [...new Set(metrics.filter(({ group }) => group === undefined).map(({ id }) => id))];
  const measures = [...new Set(ids.map(measure))].map((name) => ids.filter((id) => measure(id) === name));
  const shown = measures[0]?.slice(0, mostRowsOfAFinding) ?? [];
  for (const next of measures.slice(1)) {
    if (shown.length + next.length > mostRowsOfAFinding) break;
    shown.push(...next);
  }
  return { shown, left: ids.length - shown.length };
}

function metricsTable({ findings, models }: RunRecord): string {
  const metrics = findings.flatMap((finding) => finding.metrics);
  const parts = findings.map(shownIds);
  const columns: Column[] = [{ title: 'metric' }];
  for (const { name } of models) columns.push({ title: printable(name), align: 'right' });
  const rows = parts
    .flatMap(({ shown }) => shown)
    .map((id) => [
      printable(id),
      ...models.map(({ name }) => valueCell(metrics.find((metric) => metric.id === id && metric.model === name))),
    ]);
  const left = parts.reduce((sum, part) => sum + part.left, 0);
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

function measuredCell({ measured, low, high }: GateResult): string {
  if (measured === null) return 'undefined';
  if (low === undefined || high === undefined) return short(measured);
  return `${short(measured)}  ${colour('dim', `[${short(low)}, ${short(high)}]`)}`;
}

function gatesTable(gates: readonly GateResult[]): string {
  const rows = gates.map((gate) => [
    verdictWord(gate.verdict),
    printable(gate.rule),
    printable(gate.model),
    measuredCell(gate),
    gate.by,
  ]);
  const columns: Column[] = [
    { title: 'gate' },
    { title: 'rule' },
    { title: 'model' },
    { title: 'measured', align: 'right' },
    { title: 'by' },
  ];
  const reasons = gates
    .filter(({ verdict, effect }) => verdict !== 'pass' || effect !== 'none')
    .map(({ verdict, why, fix = '', effect, accepted }) => {
      const borne = accepted?.state === 'holds' ? `accepted by ${accepted.owner} until ${accepted.expires}` : 'warns';
      const aside = effect === 'warns' ? ` (${printable(borne)})` : '';
      return `${verdictWord(verdict)}${aside}  ${printable(`${why} ${fix}`.trimEnd())}`;
    });
  return [table(columns, rows), ...reasons].join('\n');
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
  if (record.gates.length > 0) parts.push(gatesTable(record.gates));
  if (record.changes !== undefined && record.changes.length > 0) parts.push(changesLine(record.changes));
  parts.push(`${colour('bold', verdictWord(record.verdict.status))}  ${printable(record.verdict.sentence)}`);
  parts.push(`report  ${printable(report)}`);
  return `\n${parts.join('\n\n')}\n`;
}
