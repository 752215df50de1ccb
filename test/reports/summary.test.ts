/** The Markdown summary: what it says, and that text from outside stays text. */
import { describe, expect, test } from 'vitest';
import { codeSpan, escapeMarkdown, withinBytes } from '../../reports/markdown.ts';
import summary from '../../reports/summary.ts';
import type { RunRecord } from '../../src/plugin/record.ts';
import { every } from './ci-records.ts';
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

const render = (record: RunRecord) => summary.render({ record, images: new Map() }, {});

describe('what a reviewer must not miss', () => {
  test('a gate that does not block says so, and one that fails says what to do', () => {
    expect(render(every)).toContain('❌&nbsp;Fail \\(warns\\) | `advice ≥ 0.5`');
    expect(render(every)).toContain('Train on, or lower the floor.');
  });

  test('risks that someone accepted: the number then and now, the owner, the day', () => {
    expect(render(every)).toContain(
      '| `ceiling accepted` | hardened | 25.0\u00a0% | 25.0\u00a0% | ada@<!-- -->example.org | 2030-01-31 | as recorded |',
    );
  });

  test('whether anything checked the attacks', () => {
    expect(render(every)).toContain('Unverified: no audit checked the attacks themselves.');
    const check = {
      id: 'AA-rand',
      model: 'm',
      title: 'Is it random?',
      measured: 'yes',
      threshold: '',
      remedy: 'Use EOT.',
    };
    const findings = [
      {
        ...usual.record.findings[0],
        checks: [
          { ...check, verdict: 'fail' as const },
          { ...check, verdict: 'ok' as const },
        ],
      },
    ];
    const shown = render({ ...usual.record, findings });
    expect(shown).toContain('2 checks of the attacks: 1 hold, 1 fail, 0 warn, 0 do not apply.');
    expect(shown).toContain('| fail | Is it random? \\(AA-rand\\) | m | yes | Use EOT. |');
  });

  test('what changed: flips by number and name, and what cannot be compared', () => {
    const names = Array.from({ length: 13 }, (_, index) => `face-${index}`);
    const pair = {
      total: 100,
      stand: 80,
      fall: 5,
      improved: ['i', 'j'],
      confidence: 0.95,
      method: 'Tango',
      groups: [],
    };
    const change = { model: 'm', baselineModel: 'm', evaluation: 'clean' };
    const shown = render({
      ...usual.record,
      baseline: { source: 'folder', name: 'baseline', proofhouse: '0', models: [] },
      changes: [
        { ...change, differs: [], paired: { ...pair, regressed: names, drop: 0.11, low: 0.04, high: 0.19, p: 0.0037 } },
        { ...change, evaluation: 'pgd:linf:8/255', differs: ['the data: one before, another now'] },
      ],
    });
    expect(shown).toContain('| m | `clean` | 13 | 2 | 11.0\u00a0% (4.0–19.0\u00a0%) | 0.0037 |');
    expect(shown).toContain('not comparable: the data: one before, another now');
    expect(shown).toMatch(/- m, clean: `face-0`, .*`face-9` and 3 more\n/);
  });
});

describe('the limit of 200 kB', () => {
  test('is kept by cutting rows, whatever there is to say', () => {
    const gates = Array.from({ length: 300 }, () => ({
      ...every.gates[1],
      why: '@'.repeat(79).concat(' ').repeat(10),
    }));
    const huge = render({ ...every, gates });
    expect(Buffer.byteLength(huge)).toBeLessThanOrEqual(200_000);
    expect(huge.trimEnd().endsWith('This page was cut; the full report has the rest.')).toBe(true);
    expect(huge.split('\n')[0]).toBe('# ❌ Fail');
  });

  test('counts bytes, and cuts between lines', () => {
    expect(withinBytes('äö\nü\n', 8, 'cut')).toBe('äö\nü\n');
    expect(withinBytes('äöäö\nüüü\nß\n', 15, 'cut')).toBe('äöäö\n\ncut\n');
  });
});
