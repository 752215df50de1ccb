/** The Markdown summary: what it says, and that text from outside stays text. */
import { describe, expect, test } from 'vitest';
import summary, { codeSpan, escapeMarkdown } from '../../reports/summary.ts';
import { empty, hostile, usual } from './rendered.ts';

const text = summary.render(usual, {});

test('the same record gives the same bytes', () => expect(summary.render(structuredClone(usual), {})).toBe(text));

test('verdict first, then the gates, errors and failures before passes', () => {
  expect(text.split('\n')[0]).toBe('# ❌ Fail');
  const verdicts = Array.from(text.matchAll(/^\| .{1,3}&nbsp;(.+?) \|/gmu), ([, word]) => word);
  expect(verdicts).toEqual(['Error', 'Fail', 'Inconclusive', 'Inconclusive', 'Pass', 'Not applicable']);
});

test('one row a gate, with what was required and what was measured', () => {
  const row = text.split('\n').find((line) => line.includes('Pass') && line.startsWith('|'));
  expect(row?.split(' | ').slice(1, 6)).toEqual([
    '`robust-accuracy@pgd:linf:8/255 ≥ 0.4`',
    'hardened',
    '≥ 40.0 %',
    '44.6\u00a0%',
    '40.1–49.1\u00a0%',
  ]);
});

test('one number an evaluation by model; the rest is counted, not listed', () => {
  // 457 and 432 of 480.
  expect(text).toMatch(/\| Clean accuracy \| 95\.2\u00a0% \(.*?\) \| 90\.0\u00a0% \(.*?\) \|/);
  expect(text).toContain('6 more metrics');
  expect(text).not.toContain('skin\\_tone');
});

test('no gates, no findings: still a summary', () => {
  expect(summary.render(empty, {})).toContain('No gate was set, so nothing could pass or fail.');
});

describe('hostile text', () => {
  const page = summary.render(hostile, {});

  test('makes no HTML, no cell and no line of its own', () => {
    // The escapes themselves write comments and &nbsp;, nothing else; code spans show what they hold.
    const outsideCode = page.replace(/(`+)[^]*?[^`]\1(?!`)/g, '');
    expect(outsideCode.replaceAll('<!-- -->', '')).not.toMatch(/<[a-z/!]/i);
    const gates = page.split('\n').filter((line) => line.includes('&nbsp;'));
    for (const line of gates) expect(line.replaceAll('\\|', '').split('|')).toHaveLength(9);
    expect(page.split('\n').length).toBe(text.split('\n').length);
  });

  test.each([
    ['**bold** _it_ [a](b) ![c](d)', '\\*\\*bold\\*\\* \\_it\\_ \\[a\\]\\(b\\) \\!\\[c\\]\\(d\\)'],
    ['@octocat fixes #12', '@<!-- -->octocat fixes \\#<!-- -->12'],
    ['https://evil.example www.evil.example', 'https&#58;//evil.example www&#46;evil.example'],
    [':shipit:', ':<!-- -->shipit:'],
    ['a | b <script> &amp;', 'a \\| b &lt;script&gt; &amp;amp;'],
    ['- item', '\\- item'],
    ['1. item', '1\\. item'],
    ['# heading', '\\# heading'],
  ])('%s', (from, to) => expect(escapeMarkdown(from)).toBe(to));

  test('a code span outlasts the backticks inside it', () => {
    expect(codeSpan('a``b')).toBe('```a``b```');
    expect(codeSpan('`x')).toBe('`` `x ``');
  });
});
