/** What the page holds, without a browser: same bytes, the policy that locks it, what is shown, left out and never obeyed. */
import { createHash } from 'node:crypto';
import type { ReportInput, RunRecord } from 'proofhouse/plugin';
import { describe, expect, test } from 'vitest';
import html from '../../reports/html/index.ts';
import { buildInput } from './builder.ts';
import { hostileFull, pages, usual } from './rendered.ts';

const render = (change: Partial<RunRecord>, images: ReportInput['images'] = usual.images) =>
  html.render({ record: { ...usual.record, ...change }, images }, {});

/** Part of a record as another version may have written it. */
const fromFile = (part: Record<string, unknown>): Partial<RunRecord> => JSON.parse(JSON.stringify(part));

const between = (text: string, start: string, end: string) =>
  text.slice(text.indexOf(start) + start.length, text.indexOf(end, text.indexOf(start) + start.length));

/** The page without its style, script and embedded results. */
const body = (page: string) => page.replace(/<style>[^]*?<\/style>/, '').replace(/<script [^]*?<\/script>/g, '');

const pictures = (mode: string) =>
  render(fromFile({ gallery: { ...usual.record.gallery, mode } })).match(/data:image/g)?.length ?? 0;

const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Names of elements that are never closed, or closed out of order. */
function unbalanced(page: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  const elements = page
    .replace(/(<(style|script)[^>]*>)[^]*?(<\/\2>)/g, '$1$3')
    .matchAll(/<(\/?)([a-zA-Z][\w]*)((?:"[^"]*"|[^">])*)>/g);
  for (const [, slash, name] of elements) {
    if (['meta', 'img'].includes(name)) continue;
    if (slash === '') open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
}

describe('the bytes', () => {
  test('the same record, built twice, gives the same page', async () => {
    const again = await buildInput();
    expect(html.render(again, {})).toBe(pages.usual);
  });

  test.each(Object.entries(pages))('the %s page opens and closes its elements in order', (_, page) => {
    expect(page.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
    expect(unbalanced(page)).toEqual([]);
  });

  test('a page with a gallery stays under 1.5 MB and its script under 15 kB', () => {
    expect(Buffer.byteLength(pages.usual)).toBeLessThan(1_500_000);
    expect(between(pages.usual, '<script type="module">', '</script>').length).toBeLessThan(15_000);
  });

  test('the record comes back whole from the embedded results', () => {
    for (const [page, { record }] of [
      [pages.usual, usual],
      [pages.hostile, hostileFull],
    ] as const) {
      const json = between(page, '<script type="application/json" id="results">', '</script>');
      expect(json).not.toMatch(/[<\u2028\u2029]/);
      expect(JSON.parse(json)).toEqual(record);
    }
  });
});

describe('the policy', () => {
  test('nothing is allowed but this style, this script and images in the page', () => {
    const policy = between(pages.hostile, 'content="default-src', '">');
    expect(policy.split('; ').map((part) => part.trim())).toEqual([
      "'none'",
      `style-src ${sha256(between(pages.hostile, '<style>', '</style>'))}`,
      `script-src ${sha256(between(pages.hostile, '<script type="module">', '</script>'))}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  test.each(Object.entries(pages))('the %s page names no address outside itself', (_, page) => {
    const addresses = [...body(page).matchAll(/<[^>]*?\s(?:src|href|action|data|poster)="([^"]*)"/g)].map(
      ([, to]) => to,
    );
    expect(addresses.filter((to) => !to.startsWith('#') && !to.startsWith('data:image/png;base64,'))).toEqual([]);
    expect(between(page, '<style>', '</style>')).not.toMatch(/@import|url\((?!#)/);
    expect(body(page)).not.toMatch(/\sstyle="|\son\w+="(?![^<>]*&quot;)/);
  });
});

describe('hostile text', () => {
  test('is text: no element, no end of script, no control or bidi character of its own', () => {
    const shown = body(pages.hostile);
    expect(shown).toContain('&lt;img src&#x3D;x onerror&#x3D;&quot;window.obeyed&#x3D;1&quot;&gt;');
    expect(shown).toContain('⟨U+0000⟩');
    expect(shown).not.toMatch(/<img src=x|<script/);
    expect(pages.hostile.match(/<script/g)).toHaveLength(2);
    expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
  });

  test('the command is shown whole, however long', () => {
    expect(between(body(pages.hostile), 'aria-label="Command"><code>', '</code>')).toContain('W'.repeat(300));
  });
});

describe('the verdict', () => {
  test('is the record’s own, in words', () => {
    expect(between(pages.usual, '<h1 id="verdict-word">', '</h1>')).toBe('Fail');
    expect(pages.usual).toContain(usual.record.verdict.sentence);
  });

  test('errors and failures come before passes', () => {
    const badges = [...pages.usual.matchAll(/<li class="gate is-(\w+)"/g)].map(([, kind]) => kind);
    expect(badges).toEqual(['error', 'fail', 'inconclusive', 'inconclusive', 'pass', 'none']);
  });

  test('an unknown verdict is shown and is no pass', () => {
    const [gate] = usual.record.gates;
    const page = render(fromFile({ gates: [{ ...gate, verdict: 'waived' }] }));
    expect(page).toContain('<li class="gate is-error"');
    expect(page).toContain('waived');
  });

  test('without gates or attacks it says what that means', () => {
    expect(between(pages.empty, '<h1 id="verdict-word">', '</h1>')).toBe('No verdict');
    for (const sentence of [
      'No gate was set',
      'No attack was run',
      'No audit ran',
      'The data name no subgroups',
      'There is no example to show',
      'No attack asked the models anything',
    ])
      expect(pages.empty).toContain(sentence);
  });
});

describe('the gallery', () => {
  test('shows three pictures an example', () => expect(pictures('show')).toBe(3 * usual.record.gallery.items.length));
  test('puts no picture into the page when redacted or off, or in a mode it does not know', () => {
    expect(pictures('redact')).toBe(0);
    expect(pictures('off')).toBe(0);
    expect(pictures('blurred')).toBe(0);
  });
  test('says when it is redacted, off, or when a picture is missing', () => {
    expect(render({ gallery: { ...usual.record.gallery, mode: 'redact' } })).toContain('redacted on request');
    expect(render({ gallery: { mode: 'off', items: [] } })).toContain('left out of this report on request');
    expect(render({}, new Map())).toContain('image not in this run');
  });
});

describe('findings', () => {
  test('rates of nothing are undefined, never 0', () => {
    expect(pages.usual).toContain('undefined (0 positives)');
    expect(body(pages.usual)).not.toContain('NaN');
  });

  test('a detail this version does not know becomes a note', () => {
    const [finding] = usual.record.findings;
    const page = render(fromFile({ findings: [{ ...finding, details: [{ type: 'hologram' }] }] }));
    expect(page).toContain('does not know how to draw “hologram”');
  });

  test('a metric cell shows the metric’s value, or that nobody measured it', () => {
    expect(pages.usual).toContain('not measured');
    // 457 of 480.
    expect(pages.usual).toContain('95.2\u00a0%');
  });
});
