/**
 * JUnit XML: a suite a model, a case a gate, as GitLab, Jenkins and most CI systems read it. Valid by the XSD of Jenkins' xUnit plugin,
 * which allows properties to suites only. Written out here: junit-report-builder brings lodash and xmlbuilder for a format of forty lines,
 * and what XML cannot hold would have to be replaced before it all the same.
 */
import { defineReport, type GateResult, z } from 'proofhouse/plugin';
import { inUnit, range } from './format.ts';
import { shorten, visible } from './text.ts';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** XML 1.0 has no way to write most controls, lone surrogates and U+FFFE, not even as entities: they are shown as codes. */
const xml = (text: string) => visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);
/** Lines stay lines; nothing else of the text is more than text. */
const xmlLines = (lines: readonly string[]) => lines.map((line) => xml(shorten(visible(line)))).join('\n');

const attributes = (values: Record<string, string | number>) =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${xml(String(value))}"`)
    .join('');

type Outcome = 'passed' | 'failure' | 'error' | 'skipped';

/**
 * CI systems fail a build by these words, so they follow what the gate does to the run, not its verdict alone: a failure that warns, or
 * that someone accepted, is skipped with its reason. What blocks because it could not be judged is an error.
 */
function outcomeOf({ verdict, effect }: GateResult): Outcome {
  if (effect === 'blocks') return verdict === 'fail' ? 'failure' : 'error';
  return verdict === 'pass' ? 'passed' : 'skipped';
}

function measuredText({ measured, low, high, unit }: GateResult): string {
  if (measured === null) return 'not measured';
  const interval = low === undefined || high === undefined ? '' : ` (${range(low, high, unit)})`;
  return `${inUnit(measured, unit)}${interval}`;
}

function details(gate: GateResult): string[] {
  const { verdict, effect, why, fix, rule, required, method, evidence = [], accepted, source } = gate;
  return [
    `${verdict}${effect === 'warns' ? ', which only warns' : ''}: ${why}`,
    ...(fix === undefined ? [] : [fix]),
    `rule: ${rule}`,
    `required: ${required}`,
    `measured: ${measuredText(gate)}${method === '' ? '' : `, ${method}`}`,
    ...evidence.map(({ label, measured, verdict: said }) => {
      const value = measured === null ? 'not measured' : inUnit(measured, gate.unit);
      return `  ${label}: ${value}, ${said}`;
    }),
    ...(accepted === undefined
      ? []
      : [`accepted by ${accepted.owner} until ${accepted.expires} (${accepted.state}): ${accepted.reason}`]),
    ...(source === undefined ? [] : [`declared at ${source.file}:${source.line}:${source.column}`]),
  ];
}

function testCase(gate: GateResult, suite: string): string {
  const outcome = outcomeOf(gate);
  const text = xmlLines(details(gate));
  const message = shorten(visible(gate.fix === undefined ? gate.why : `${gate.why} ${gate.fix}`));
  const element = outcome === 'passed' ? 'system-out' : outcome;
  const about = outcome === 'passed' ? {} : { type: gate.verdict, message };
  return `    <testcase${attributes({ name: gate.id, classname: suite })}>
      <${element}${attributes(about)}>${text}</${element}>
    </testcase>`;
}

function properties(gates: readonly GateResult[]): string {
  const values = gates.flatMap(({ id, measured, threshold }) => [
    { name: `${id}: measured`, value: measured ?? 'not measured' },
    ...(threshold === null ? [] : [{ name: `${id}: threshold`, value: threshold }]),
  ]);
  return values.map((property) => `      <property${attributes(property)}/>`).join('\n');
}

function counts(gates: readonly GateResult[]) {
  const outcomes = gates.map(outcomeOf);
  const of = (outcome: Outcome) => outcomes.filter((one) => one === outcome).length;
  return { tests: gates.length, failures: of('failure'), errors: of('error'), skipped: of('skipped') };
}

function testSuite(model: string, gates: readonly GateResult[]): string {
  const name = `proofhouse.${model}`;
  const held = properties(gates);
  return [
    `  <testsuite${attributes({ name, ...counts(gates) })}>`,
    ...(held === '' ? [] : [`    <properties>\n${held}\n    </properties>`]),
    ...gates.map((gate) => testCase(gate, name)),
    '  </testsuite>',
  ].join('\n');
}

const document = (total: Record<string, number>, suites: readonly string[]) => `<?xml version="1.0" encoding="UTF-8"?>
<testsuites${attributes({ name: 'proofhouse', ...total })}>
${suites.join('\n')}
</testsuites>
`;

export default defineReport({
  name: 'junit',
  title: 'JUnit XML',
  description:
    'A suite for each model, a case for each gate: what GitLab, Jenkins and other CI systems show as test results.',
  file: 'junit.xml',
  options: z.strictObject({}),
  render({ record: { gates, models } }) {
    const { skipped: _, ...total } = counts(gates);
    const names = [...new Set([...models.map(({ name }) => name), ...gates.map(({ model }) => model)])];
    const suites = names.map((model) =>
      testSuite(
        model,
        gates.filter((gate) => gate.model === model),
      ),
    );
    return document(total, suites);
  },
  renderPartial({ verdict, command, partial: { kind, error, resume } }) {
    const total = { tests: 1, failures: 0, errors: 1 };
    const name = 'proofhouse';
    const lines = [verdict.sentence, ...(error?.split('\n') ?? []), resume, `command: ${command}`];
    const suite = `  <testsuite${attributes({ name, ...total, skipped: 0 })}>
    <testcase${attributes({ name: 'the run ends', classname: name })}>
      <error${attributes({ type: kind, message: shorten(visible(verdict.sentence)) })}>${xmlLines(lines)}</error>
    </testcase>
  </testsuite>`;
    return document(total, [suite]);
  },
});
