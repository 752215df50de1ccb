/** The end of a run in a terminal: what was measured for each model, what the gates say, and the verdict. */
import type { Metric } from '../plugin/finding.ts';
import type { GateResult, RunRecord, Verdict } from '../plugin/record.ts';
import { type Column, colour, printable, table } from './terminal.ts';

const mostRows = 24;

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

function metricsTable({ findings, models }: RunRecord): string {
  const overall = findings.flatMap(({ metrics }) => metrics.filter(({ group }) => group === undefined));
  const rows = new Map<string, Metric[]>();
  for (const metric of overall) rows.set(metric.id, [...(rows.get(metric.id) ?? []), metric]);
  const columns: Column[] = [{ title: 'metric' }];
  for (const { name } of models) columns.push({ title: printable(name), align: 'right' });
  const lines = [...rows]
    .slice(0, mostRows)
    .map(([id, metrics]) => [
      printable(id),
      ...models.map(({ name }) => valueCell(metrics.find(({ model }) => model === name))),
    ]);
  const left = rows.size - lines.length;
  return table(columns, lines) + (left > 0 ? `\n${colour('dim', `… and ${left} more in the report`)}` : '');
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
    .filter(({ verdict }) => verdict !== 'pass')
    .map(({ verdict, why }) => `${verdictWord(verdict)}  ${printable(why)}`);
  return [table(columns, rows), ...reasons].join('\n');
}

/** @param report path of the report, printed last so that it is what the eye finds */
export function summary(record: RunRecord, report: string): string {
  const parts = [metricsTable(record)];
  if (record.gates.length > 0) parts.push(gatesTable(record.gates));
  parts.push(`${colour('bold', verdictWord(record.verdict.status))}  ${printable(record.verdict.sentence)}`);
  parts.push(`report  ${printable(report)}`);
  return `\n${parts.join('\n\n')}\n`;
}
