/** Text for a terminal: tables, colours, and foreign text made safe to print. */
import { stripVTControlCharacters, styleText } from 'node:util';

/**
 * Where a CI system would take a line of output for a command: GitHub Actions at '::' that begins a line and at '##[' anywhere
 * (actions/runner, ActionCommand), Azure Pipelines at '##vso['.
 */
const command = /(?<=^\s*):(?=:)|#(?=#(?:vso)?\[)/gi;

/**
 * Text that came from a file, a model or a person, as it may be printed on one line: control characters (so also ANSI
 * escapes and line ends), bidirectional and other invisible formatting, lone surrogates, and what would start a command of
 * a CI system are shown as \u{…}.
 */
export const printable = (text: string): string =>
  [/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, command].reduce(
    (shown, unsafe) => shown.replaceAll(unsafe, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`),
    text,
  );

/** As `printable`, but line ends stay. For messages of several lines. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

type Style = Parameters<typeof styleText>[0];

/** Colours where the stream is a terminal and NO_COLOR is not set. */
export const colour = (style: Style, text: string, stream: NodeJS.WritableStream = process.stdout): string =>
  styleText(style, text, { stream });

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Columns a text takes in a terminal: none for escapes and combining marks, two for East Asian wide characters and emoji. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of stripVTControlCharacters(text))
    if (!/\p{Mn}/u.test(character)) columns += wide.test(character) ? 2 : 1;
  return columns;
}

export interface Column {
  title: string;
  /** Numbers stand right. Default: left. */
  align?: 'left' | 'right';
}

/**
 * Lines of a table: a head, a rule, and the rows, two spaces apart. Cells may be coloured; what came from outside must
 * have gone through `printable`.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(columnsOf(title), ...rows.map((row) => columnsOf(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? '';
        const space = ' '.repeat(widths[index] - columnsOf(cell));
        return align === 'right' ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  return [
    line(columns.map(({ title }) => colour('bold', title))),
    colour('dim', widths.map((width) => '─'.repeat(width)).join('  ')),
    ...rows.map(line),
  ].join('\n');
}

/** 12,345 */
export const integer = (value: number): string => Math.round(value).toLocaleString('en-US');

const two = (value: number) => String(value).padStart(2, '0');

/** '41 s', '2:05 min', '3:20 h'. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))} h`;
}
