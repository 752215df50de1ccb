/** Markdown written so that text from models and data neither formats, links, mentions nor breaks a table. GitHub's flavour. */

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
export const codeCell = (text: string) => codeSpan(text).replaceAll('|', '\\|');

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

export const table = (headings: readonly string[], right: ReadonlySet<number>, rows: readonly string[][]) =>
  [row(headings), row(headings.map((_, index) => (right.has(index) ? '---:' : '---'))), ...rows.map(row)].join('\n');

/** The text, or as many of its first lines as fit beside a last one that says so; never a line in part, which might open what nothing closes. */
export function withinBytes(text: string, most: number, cut: string): string {
  const size = (part: string) => Buffer.byteLength(part);
  if (size(text) <= most) return text;
  let room = most - size(`\n${cut}\n`);
  const kept: string[] = [];
  for (const line of text.split('\n')) {
    room -= size(`${line}\n`);
    if (room < 0) break;
    kept.push(line);
  }
  return `${kept.join('\n')}\n\n${cut}\n`;
}
