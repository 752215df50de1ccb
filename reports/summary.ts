/**
 * The run in one page of GitHub-flavoured Markdown, for a job summary or a pull request: verdict, gates, main numbers. Text from
 * models and data is escaped, so that it neither formats, links, mentions nor breaks a table.
 */
import { defineReport, type Finding, type Metric, type RunRecord, z } from 'proofhouse/plugin';
import { casesNoun, inUnit, range, undefinedText, whole } from './format.ts';
import { inReadingOrder, wordOf } from './gates.ts';
import { visible, visibleData } from './text.ts';

/** Rows of one table of metrics. GitHub drops a summary of more than 1 MiB whole. */
const MOST_ROWS = 60;

/** Plain text in Markdown: shown as it is, whatever it holds. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/[\\`*_{}[\]()#+!|~$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    // GitHub finds mentions, issues and emoji in the text that comes of the Markdown, links in its source: a comment stops those, an entity these.
    .replace(/@|#(?=\d)|:(?=[\w+-]+:)/g, '$&<!-- -->')
    .replaceAll('://', '&#58;//')
    .replace(/www\./gi, (match) => `${match.slice(0, -1)}&#46;`)
    // What would begin a list, a rule or a heading.
    .replace(/^(\s*)([-=])/, '$1\\$2')
    .replace(/^(\s*\d+)\.(?=\s|$)/, '$1\\.');

/** A code span whose fence is longer than any run of backticks inside. */
export function codeSpan(text: string): string {
  const longest = Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = /^[` ]|[` ]$/.test(text) ? ' ' : '';
  return `${fence}${pad}${text}${pad}${fence}`;
}

/** In a table a bar ends a cell even inside code. */
const codeCell = (text: string) => codeSpan(text).replaceAll('|', '\\|');

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

const table = (headings: readonly string[], right: ReadonlySet<number>, rows: readonly string[][]) =>
  [row(headings), row(headings.map((_, index) => (right.has(index) ? '---:' : '---'))), ...rows.map(row)].join('\n');

function gatesTable({ gates }: RunRecord): string {
  if (gates.length === 0) return 'No gate was set, so nothing could pass or fail.';
  return table(
    ['Verdict', 'Gate', 'Model', 'Required', 'Measured', 'Interval', 'Why'],
    new Set([3, 4, 5]),
    inReadingOrder(gates).map((gate) => {
      const { unit } = gate;
      const { icon, word } = wordOf(gate.verdict);
      return [
        `${icon}&nbsp;${escapeMarkdown(word)}`,
        codeCell(gate.rule),
        escapeMarkdown(gate.model),
        escapeMarkdown(gate.required),
        gate.measured === null ? 'not measured' : inUnit(gate.measured, unit),
        gate.low === undefined || gate.high === undefined ? '' : range(gate.low, gate.high, unit),
        escapeMarkdown(gate.why),
      ];
    }),
  );
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
  description: 'Verdict, gates and main numbers in GitHub-flavoured Markdown, for a job summary or a pull request.',
  file: 'summary.md',
  options: z.strictObject({}),
  render({ record }) {
    const shown = visibleData(record);
    const { icon, word } = wordOf(shown.verdict.status);
    const models = shown.models.map(({ name }) => name);
    return `${[
      `# ${icon} ${escapeMarkdown(word)}`,
      escapeMarkdown(shown.verdict.sentence),
      `${models.map((name) => `**${escapeMarkdown(name)}**`).join(', ')} on ${whole(shown.dataset.examples)} images of ${escapeMarkdown(shown.dataset.source)}, seed ${shown.seed}.`,
      '## Gates',
      gatesTable(shown),
      ...shown.findings.map((finding) => findingSection(finding, models)),
      ...(shown.notes.length > 0
        ? ['## Notes', shown.notes.map((note) => `- ${escapeMarkdown(note)}`).join('\n')]
        : []),
      '## Reproduce',
      codeSpan(visible(record.command)),
      shown.models.map(({ name, sha256 }) => `- ${escapeMarkdown(name)}: SHA-256 ${codeSpan(sha256)}`).join('\n'),
      `Proofhouse ${escapeMarkdown(shown.proofhouse)}, ${escapeMarkdown(`${shown.engine.name} ${shown.engine.version}`)}.`,
    ].join('\n\n')}\n`;
  },
});
