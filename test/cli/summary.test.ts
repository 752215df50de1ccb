/** The summary table: undefined stays undefined, and hostile names are shown. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { summary } from '../../src/cli/summary.ts';
import type { Metric } from '../../src/plugin/finding.ts';
import type { ModelFacts, RunRecord } from '../../src/plugin/record.ts';
import { gateResult, gating } from '../support/gate-result.ts';

const facts = (name: string): ModelFacts => ({
  name,
  file: 'm.onnx',
  sha256: '',
  bytes: 0,
  format: 'ONNX',
  producer: '',
  opset: 13,
  input: { name: 'x', dims: [], layout: 'NCHW' },
  output: { name: 'y', classes: 2 },
  parameters: 0,
  macs: 0,
  preprocessing: {},
  gradient: { available: true },
});

const metric = (id: string, model: string, value: number | null, more: Partial<Metric> = {}): Metric => ({
  id,
  model,
  label: id,
  value,
  unit: 'proportion',
  better: 'higher',
  ...more,
});

const record = (metrics: Metric[], change: Partial<RunRecord> = {}): RunRecord => ({
  schemaVersion: 1,
  proofhouse: '0',
  verdict: { status: 'not applicable', sentence: 'No gate was set.' },
  seed: 0,
  command: '',
  config: {},
  engine: { name: '', version: '', device: '', instructionSet: '' },
  models: [facts('one'), facts('two')],
  dataset: {
    source: '',
    sha256: '',
    examples: 0,
    perClass: [],
    groupColumns: [],
    shape: { channels: 3, height: 1, width: 1 },
  },
  classes: [],
  evaluations: [],
  findings: [{ audit: 'a', title: '', summary: '', metrics, details: [] }],
  gates: [],
  gating,
  gallery: { mode: 'off', items: [] },
  queries: [],
  notes: [],
  ...change,
});

const text = (run: RunRecord) => stripVTControlCharacters(summary(run, 'out/report.html'));

const many = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => metric(`${name}@pgd:linf:${index + 1}/255`, 'one', 0.5));

describe('the summary', () => {
  it('has a column for each model and ends with the report', () => {
    const interval = { low: 0.6356, high: 0.7175, confidence: 0.95, method: 'Wilson' };
    const shown = text(
      record([metric('clean-accuracy', 'one', 0.678, { interval }), metric('clean-accuracy', 'two', 0.5)]),
    );
    expect(shown).toMatch(/metric +one +two/);
    expect(shown).toMatch(/clean-accuracy +67\.8 % {2}\[63\.6, 71\.8\] +50\.0 %/);
    expect(shown.trimEnd().endsWith('report  out/report.html')).toBe(true);
  });

  it('says undefined for a rate of nothing, and a dash where nothing was measured', () => {
    expect(text(record([metric('fnr@clean', 'one', null, { total: 0 })]))).toMatch(
      /fnr@clean +undefined \(0 cases\) +–/,
    );
  });

  it('shows whole measures as long as they fit, and counts the rest', () => {
    const shown = text(record([...many('robust-accuracy', 10), ...many('attack-success', 10)]));
    expect(shown.match(/robust-accuracy@/g)).toHaveLength(10);
    expect(shown).not.toContain('attack-success');
    expect(shown).toContain('… and 10 more in the report');
  });

  it('leaves subgroups to the report', () => {
    expect(text(record([metric('fnr@clean[a=b]', 'one', 0.5, { group: { a: 'b' } })]))).not.toContain('a=b');
  });

  it('shows gates that block with their reason and remedy, those that warn with what they measured, and not those that hold', () => {
    const gate = { metric: 'clean-accuracy', model: 'one', low: 0.55, high: 0.65, measured: 0.6 };
    const failing = { threshold: 0.7, verdict: 'fail', why: 'It is below.', fix: 'Train on.' } as const;
    const shown = text(
      record([], {
        gates: [
          gateResult({ ...gate, why: 'It holds.' }),
          gateResult({ ...gate, ...failing, level: 'warn', effect: 'warns' }),
          gateResult({ ...gate, ...failing }),
        ],
        verdict: { status: 'fail', sentence: 'One gate fails.' },
      }),
    );
    expect(shown).toContain(
      '\nfail  clean-accuracy ≥ 0.7 (one): It is below. Train on.\nfail (warns)  clean-accuracy ≥ 0.7 (one): measured 60.0 % [55.0 %, 65.0 %]\n',
    );
    expect(shown).not.toContain('It holds.');
    expect(shown).toContain('fail  One gate fails.\nreport');
  });

  it('says once what several gates say', () => {
    const open = { verdict: 'inconclusive', effect: 'warns', measured: null, why: 'No baseline.' } as const;
    const gates = ['a', 'b', 'c'].map((id) => gateResult({ metric: id, model: 'one', ...open }));
    expect(text(record([], { gates }))).toMatch(/\ninconclusive \(warns\) {2}a .* \(one\) and 2 more: No baseline\.\n/);
  });

  it('is at most 25 lines, whatever fails: the numbers that gates bind, gates that block first, and how many more', () => {
    const rates = many('robust-accuracy', 40);
    const gates = rates.map(({ id, model }, index) =>
      gateResult({
        metric: id,
        model,
        threshold: 0.9,
        verdict: 'fail',
        why: `Below ${index}.`,
        effect: index < 30 ? 'warns' : 'blocks',
      }),
    );
    const paired = { total: 1, stand: 0, fall: 0, regressed: ['a'], improved: [], drop: 1, low: 0, high: 1 };
    const changes = [
      {
        model: 'one',
        baselineModel: 'one',
        evaluation: 'clean',
        differs: [],
        paired: { ...paired, confidence: 0.95, method: '', p: 1, groups: [] },
      },
    ];
    const shown = text(record([metric('clean-accuracy', 'one', 0.9), ...rates], { gates, changes }));
    expect(shown.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
    expect(shown).toContain('Below 30.');
    expect(shown).not.toContain('Below 0.');
    expect(shown).toContain('… and 32 more in the report');
  });

  it('counts flips since the baseline in one line', () => {
    const about = { model: 'one', baselineModel: 'one', evaluation: 'clean', differs: [] };
    const pair = {
      total: 9,
      stand: 5,
      fall: 1,
      drop: 0,
      low: 0,
      high: 0,
      confidence: 0.95,
      method: '',
      p: 1,
      groups: [],
    };
    const changes = [
      { ...about, paired: { ...pair, regressed: ['a', 'b'], improved: ['c'] } },
      { ...about, evaluation: 'pgd:linf:1', paired: { ...pair, regressed: ['a'], improved: [] } },
      { ...about, evaluation: 'pgd:linf:2', differs: ['the data'] },
    ];
    expect(text(record([], { changes }))).toContain(
      'since the baseline  3 right → wrong, 1 wrong → right, in 2 comparisons; 1 not comparable',
    );
  });

  it('obeys no escape in a name', () => {
    const hostile = 'two\u001b]0;owned\u0007';
    const shown = summary(record([metric('x\u001b[2J', hostile, 1)], { models: [facts(hostile)] }), 'r\u001b[2J');
    expect(shown).not.toContain('\u001b]0');
    expect(shown).not.toContain('\u001b[2J');
  });
});
