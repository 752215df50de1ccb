/** `proofhouse explain <topic> [run]`: what a rule, a metric, a health check or a finding means, and what it says of a run. */
import { Command } from 'commander';
import type { GateResult, RunRecord } from '../plugin/record.ts';
import { printableLines } from './terminal.ts';

const number = (value: number, unit: 'proportion' | 'number') =>
  unit === 'proportion' ? `${(100 * value).toFixed(1)} %` : String(Number(value.toPrecision(4)));

function gateLines({ id, model, verdict, effect, measured, unit, required, method, why, fix }: GateResult): string[] {
  const value = measured === null ? '' : `measured ${number(measured, unit)} (${method}), `;
  return [
    `${id} (${model}): ${verdict}${effect === 'none' ? '' : `, ${effect}`}; ${value}required ${required}`,
    `  ${why}`,
    ...(fix === undefined ? [] : [`  ${fix}`]),
  ];
}

/** The run's own words on the topic: gates by kind or id, metrics by measure or id, checks by id, findings by audit. */
function inRun(topic: string, record: RunRecord, measureName: (id: string) => string): string[] {
  const gates = record.gates.filter(({ id, kind, metric }) => [id, kind, metric].includes(topic));
  const metrics = record.findings
    .flatMap((finding) => finding.metrics)
    .filter(({ id, group }) => id === topic || (group === undefined && measureName(id).split('.')[0] === topic));
  const checks = record.findings.flatMap((finding) => finding.checks ?? []).filter(({ id }) => id === topic);
  const findings = record.findings.filter(({ audit }) => audit === topic);
  return [
    ...gates.flatMap(gateLines),
    ...metrics.map(({ id, model, value, unit, interval, count, total }) => {
      const limits = interval
        ? ` (${number(interval.low, unit)} to ${number(interval.high, unit)}, ${interval.method})`
        : '';
      const counts = count === undefined ? '' : `, ${count} of ${total}`;
      return `${id} (${model}): ${value === null ? 'undefined' : number(value, unit)}${limits}${counts}`;
    }),
    ...checks.map(
      ({ id, model, verdict, measured, threshold, remedy }) =>
        `${id} (${model}): ${verdict}; measured ${measured}; threshold ${threshold}. ${remedy}`,
    ),
    ...findings.map(({ summary }) => summary),
  ];
}

async function explain(topic: string, run: string | undefined): Promise<void> {
  const [{ InputError }, { suggest }, { checks, metrics, rules }, { measureName }, { loadPlugins }, { openRun }] =
    await Promise.all([
      import('../errors.ts'),
      import('../config/suggest.ts'),
      import('./explanations.ts'),
      import('../gate/check.ts'),
      import('../plugins.ts'),
      import('../run/open.ts'),
    ]);
  const plugins = await loadPlugins([], process.cwd());
  const measure = measureName(topic).split('.')[0];
  // A gate's id begins with its rule: 'floor clean-accuracy'.
  const names = [topic, topic.split(' ')[0], measure];
  const documented = [...rules(), ...checks(), ...metrics()];
  const audits = plugins.names('audits');
  const found = documented.filter((entry) => names.includes(entry.topic)).map(({ text }) => text);
  if (audits.includes(topic)) {
    const { title, description = '', reference } = await plugins.audit(topic);
    found.push(`${title}. ${description}${reference === undefined ? '' : `\nSource: ${reference}`}`);
  }
  const said = run === undefined ? [] : inRun(topic, (await openRun(run)).record, measureName);
  if (found.length === 0 && said.length === 0)
    throw new InputError(
      `There is nothing to explain by the name ${JSON.stringify(topic)}.${suggest(topic, [...new Set([...documented.map((entry) => entry.topic), ...audits])])}`,
      'Name a rule of a gate, a metric, a health check or an audit.',
    );
  const parts = [...new Set(found)];
  if (said.length > 0) parts.push(`In this run:\n${said.join('\n')}`);
  process.stdout.write(`${printableLines(parts.join('\n\n'))}\n`);
}

export const explainCommand = (): Command =>
  new Command('explain')
    .description('what a gate, a metric, a health check or an audit means, how it is judged and what would mend it')
    .argument('<topic>', "such as max-drop, robust-accuracy, C7, calibration, or a gate's id")
    .argument('[run]', 'run folder, for its numbers')
    .action(explain);
