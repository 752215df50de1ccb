/** What is printed: aligned whatever its script, and never obeyed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, duration, integer, printable, printableLines, table } from '../../src/cli/terminal.ts';

describe('foreign text', () => {
  it.each([
    ['\u001b[31mred\u001b[0m', String.raw`\u{1b}[31mred\u{1b}[0m`],
    ['a\rb\nc\td', String.raw`a\u{d}b\u{a}c\u{9}d`],
    ['user\u202egnp.exe', String.raw`user\u{202e}gnp.exe`],
    ['zero\u200bwidth', String.raw`zero\u{200b}width`],
    ['line\u2028end', String.raw`line\u{2028}end`],
    ['half \ud800', String.raw`half \u{d800}`],
    ['\u009b31m', String.raw`\u{9b}31m`],
    ['::error::x', String.raw`\u{3a}:error::x`],
    ['  ::stop-commands::x', String.raw`  \u{3a}:stop-commands::x`],
    ['a ##[set-env name=PATH]b', String.raw`a \u{23}#[set-env name=PATH]b`],
    ['##VSO[task.complete]', String.raw`\u{23}#VSO[task.complete]`],
    ['std::vector, # heading, ## [x]', 'std::vector, # heading, ## [x]'],
    ['Ærøskøbing 日本 é', 'Ærøskøbing 日本 é'],
  ])('%j is shown', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('never leaves a control character, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(printable(printable(text))).toBe(printable(text));
      }),
    );
  });

  it('is no command of a CI system, wherever its line ends', () => {
    const pieces = fc.constantFrom(':', '#', '##', '[', 'vso', ' ', '\t', '\r', '\n', '\u0085', '\ufeff', 'error::');
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        for (const line of printableLines(parts.join('')).split('\n')) {
          expect(line.trimStart().startsWith('::')).toBe(false);
          expect(line).not.toMatch(/##(vso)?\[/i);
        }
      }),
    );
  });

  it('keeps line ends where a message has lines', () => {
    expect(printableLines('a\n\u0007b')).toBe('a\n\\u{7}b');
  });
});

describe('a table', () => {
  it('puts numbers right and text left', () => {
    expect(
      table(
        [{ title: 'name' }, { title: 'n', align: 'right' }],
        [
          ['a', '5'],
          ['long name', '1,234'],
        ],
      ).split('\n'),
    ).toEqual(['name           n', '─────────  ─────', 'a              5', 'long name  1,234']);
  });

  it.each([
    ['abc', 3],
    ['\u001b[1mabc\u001b[22m', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['🙂', 2],
  ])('%j takes %i columns', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });
});

describe('numbers', () => {
  it.each([
    [0.4, '0 s'],
    [59.4, '59 s'],
    [59.6, '1:00 min'],
    [125, '2:05 min'],
    [3600, '1:00 h'],
    [12_000, '3:20 h'],
  ])('%d seconds read %s', (seconds, expected) => {
    expect(duration(seconds)).toBe(expected);
  });

  it('have thousands apart', () => {
    expect(integer(1_234_567)).toBe('1,234,567');
  });
});
