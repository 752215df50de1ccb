/**
 * The run in one page of GitHub-flavoured Markdown, for a job summary or a pull request: verdict, gates, what someone accepted, what
 * changed, whether the numbers can be trusted, main numbers. Text from models and data is escaped, so that it neither formats, links,
 * mentions nor breaks a table.
 */
import {
  type AcceptedRisk,
  type Change,
  defineReport,
  type Finding,
  type GateResult,
  type HealthCheck,
  type Metric,
  type RunRecord,
  z,
} from 'proofhouse/plugin';
import { casesNoun, inUnit, range, undefinedText, whole } from './format.ts';
import { inReadingOrder, wordOf } from './gates.ts';
import { codeCell, codeSpan, escapeMarkdown, table, withinBytes } from './markdown.ts';
import { visible, visibleData } from './text.ts';

/** Rows of one table of metrics. */
const MOST_ROWS = 60;
/** Gates of one table: the config's, unless it is thousands. */
const MOST_GATES = 300;
/** Ids of flipped images named for one change. */
const MOST_FLIPS = 10;
/** Bytes. GitHub drops a summary of more than 1 MiB whole, and a page this long is read by nobody. */
const LARGEST = 200_000;

/** A section, or nothing where there is nothing to say. */
type Section = string[];

const counted = (count: number, shown: number, what: string): Section =>
  count > shown ? [`${whole(count - shown)} more ${what} are in the full report.`] : [];

function gatesSection({ gates }: RunRecord): Section {
  if (gates.length === 0) return ['## Gates', 'No gate was set, so nothing could pass or fail.'];
  const rows = inReadingOrder(gates)
    .slice(0, MOST_GATES)
    .map((gate) => {
      const { unit, verdict, effect, fix } = gate;
      const { icon, word } = wordOf(verdict);
      const weighed = verdict !== 'pass' && effect === 'warns' ? `${word} (warns)` : word;
      return [
        `${icon}&nbsp;${escapeMarkdown(weighed)}`,
        codeCell(gate.rule),
        escapeMarkdown(gate.model),
        escapeMarkdown(gate.required),
        gate.measured === null ? 'not measured' : inUnit(gate.measured, unit),
        gate.low === undefined || gate.high === undefined ? '' : range(gate.low, gate.high, unit),
        escapeMarkdown(fix === undefined ? gate.why : `${gate.why} ${fix}`),
      ];
    });
  const headings = ['Verdict', 'Gate', 'Model', 'Required', 'Measured', 'Interval', 'Why'];
  return ['## Gates', table(headings, new Set([3, 4, 5]), rows), ...counted(gates.length, rows.length, 'gates')];
}

const STATES: Record<AcceptedRisk['state'], string> = {
  holds: 'as recorded',
  worse: 'worse than recorded: not accepted',
  expired: 'expired: not accepted',
  unused: 'no longer needed: prune it',
};

function risksSection({ acceptedRisks = [], gates }: RunRecord): Section {
  if (acceptedRisks.length === 0) return [];
  const now = (risk: AcceptedRisk): GateResult | undefined =>
    gates.find(({ id, model }) => id === risk.gate && model === risk.model);
  const shown = (measured: number | null | undefined, gate: GateResult | undefined) =>
    measured == null ? '–' : inUnit(measured, gate?.unit ?? 'number');
  const rows = acceptedRisks.slice(0, MOST_ROWS).map((risk) => {
    const gate = now(risk);
    return [
      codeCell(risk.gate),
      escapeMarkdown(risk.model),
      shown(risk.measured, gate),
      shown(gate?.measured, gate),
      escapeMarkdown(risk.owner),
      escapeMarkdown(risk.expires),
      STATES[risk.state] ?? escapeMarkdown(risk.state),
      escapeMarkdown(risk.ticket === undefined ? risk.reason : `${risk.reason} (${risk.ticket})`),
    ];
  });
  const headings = ['Gate', 'Model', 'Accepted', 'Now', 'Owner', 'Until', 'State', 'Reason'];
  return [
    '## Accepted risks',
    table(headings, new Set([2, 3]), rows),
    ...counted(acceptedRisks.length, rows.length, 'accepted risks'),
  ];
}

/** Images that stood and now fall, by name: what the author of a change looks at first. */
function flips({ model, evaluation, paired }: Change): Section {
  if (paired === undefined || paired.regressed.length === 0) return [];
  const named = paired.regressed.slice(0, MOST_FLIPS).map(codeSpan);
  const rest = paired.regressed.length - named.length;
  return [
    `- ${escapeMarkdown(`${model}, ${evaluation}`)}: ${named.join(', ')}${rest > 0 ? ` and ${whole(rest)} more` : ''}`,
  ];
}

function changesSection({ changes = [], baseline }: RunRecord): Section {
  if (baseline === undefined) return [];
  const ordered = changes.toSorted((a, b) => (b.paired?.drop ?? 2) - (a.paired?.drop ?? 2)).slice(0, MOST_ROWS);
  const rows = ordered.map(({ model, baselineModel, evaluation, differs, paired }) => [
    escapeMarkdown(model === baselineModel ? model : `${model}, was ${baselineModel}`),
    codeCell(evaluation),
    ...(paired === undefined
      ? ['', '', '', escapeMarkdown(`not comparable: ${differs.join('; ')}`)]
      : [
          whole(paired.regressed.length),
          whole(paired.improved.length),
          `${inUnit(paired.drop, 'proportion')} (${range(paired.low, paired.high, 'proportion')})`,
          inUnit(paired.p, 'number'),
        ]),
  ]);
  const moved = ordered.flatMap(flips);
  return [
    '## Since the baseline',
    `Compared with the ${baseline.source === 'model' ? 'model' : 'stored baseline'} ${codeSpan(baseline.name)}, on the same images.`,
    ...(rows.length === 0
      ? []
      : [table(['Model', 'Evaluation', 'Right → wrong', 'Wrong → right', 'Drop', 'p'], new Set([2, 3, 4]), rows)]),
    ...counted(changes.length, rows.length, 'comparisons'),
    ...(moved.length === 0 ? [] : ['Images that stood and now fall:', moved.join('\n')]),
  ];
}

function trustSection({ findings }: RunRecord): Section {
  const checks = findings.flatMap((finding) => finding.checks ?? []);
  if (checks.length === 0)
    return ['## Trust', 'Unverified: no audit checked the attacks themselves. Add `evaluation-health` to the audits.'];
  const bad = checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn');
  const ofVerdict = (verdict: HealthCheck['verdict']) => whole(checks.filter((one) => one.verdict === verdict).length);
  const rows = bad
    .toSorted((a, b) => Number(b.verdict === 'fail') - Number(a.verdict === 'fail'))
    .slice(0, MOST_ROWS)
    .map(({ verdict, title, id, model, measured, remedy }) =>
      [verdict, `${title} (${id})`, model, measured, remedy].map(escapeMarkdown),
    );
  return [
    '## Trust',
    `${whole(checks.length)} checks of the attacks: ${ofVerdict('ok')} hold, ${ofVerdict('fail')} fail, ${ofVerdict('warn')} warn, ${ofVerdict('n/a')} do not apply.`,
    ...(rows.length === 0 ? [] : [table(['Verdict', 'Check', 'Model', 'Measured', 'Remedy'], new Set(), rows)]),
    ...counted(bad.length, rows.length, 'checks'),
  ];
}

function value({ value: measured, unit, interval, total, label }: Metric): string {
  if (measured === null) return undefinedText(total, casesNoun(label));
  return interval ? `${inUnit(measured, unit)} (${range(interval.low, interval.high, unit)})` : inUnit(measured, unit);
}

/** An audit's sentence and one metric over everyone for each evaluation, the first; the rest is for the full report. */
function findingSection({ title, summary, metrics }: Finding, models: readonly string[]): string {
  const main = new Map<string, string>();
  for (const { id, evaluation, group } of metrics)
    if (group === undefined && !main.has(evaluation ?? id)) main.set(evaluation ?? id, id);
  const ids = [...main.values()].slice(0, MOST_ROWS);
  const rows = ids.map((id) => {
    const ofId = metrics.filter((metric) => metric.id === id);
    return [
      escapeMarkdown(ofId[0].label),
      ...models.map((model) => {
        const metric = ofId.find((candidate) => candidate.model === model);
        return metric ? value(metric) : '–';
      }),
    ];
  });
  const parts = [`## ${escapeMarkdown(title)}`, escapeMarkdown(summary)];
  if (rows.length > 0)
    parts.push(table(['Metric', ...models.map(escapeMarkdown)], new Set(models.map((_, index) => index + 1)), rows));
  const hidden = metrics.filter(({ id }) => !ids.includes(id)).length;
  if (hidden > 0) parts.push(`${whole(hidden)} more metrics are in the full report.`);
  return parts.join('\n\n');
}

export default defineReport({
  name: 'summary',
  title: 'Markdown summary',
  description:
    'Verdict, gates, changes and main numbers in GitHub-flavoured Markdown, for a job summary or a pull request.',
  file: 'summary.md',
  options: z.strictObject({}),
  render({ record }) {
    const shown = visibleData(record);
    const { icon, word } = wordOf(shown.verdict.status);
    const models = shown.models.map(({ name }) => name);
    const sections = [
      `# ${icon} ${escapeMarkdown(word)}`,
      escapeMarkdown(shown.verdict.sentence),
      `${models.map((name) => `**${escapeMarkdown(name)}**`).join(', ')} on ${whole(shown.dataset.examples)} images of ${escapeMarkdown(shown.dataset.source)}, seed ${shown.seed}.`,
      ...gatesSection(shown),
      ...risksSection(shown),
      ...changesSection(shown),
      ...trustSection(shown),
      ...shown.findings.map((finding) => findingSection(finding, models)),
      ...(shown.notes.length > 0
        ? ['## Notes', shown.notes.map((note) => `- ${escapeMarkdown(note)}`).join('\n')]
        : []),
      '## Reproduce',
      codeSpan(visible(record.command)),
      shown.models.map(({ name, sha256 }) => `- ${escapeMarkdown(name)}: SHA-256 ${codeSpan(sha256)}`).join('\n'),
      `Proofhouse ${escapeMarkdown(shown.proofhouse)}, ${escapeMarkdown(`${shown.engine.name} ${shown.engine.version}`)}.`,
    ];
    return withinBytes(`${sections.join('\n\n')}\n`, LARGEST, 'This page was cut; the full report has the rest.');
  },
  renderPartial(record) {
    const { verdict, command, partial } = visibleData(record);
    const { icon, word } = wordOf(verdict.status);
    const said = [verdict.sentence, ...(partial.error === undefined ? [] : [partial.error]), partial.resume];
    return `# ${icon} ${word}\n\n${said.map(escapeMarkdown).join('\n\n')}\n\n${codeSpan(command)}\n`;
  },
});
