/** A finished run judged again, its risks accepted and pruned, its gates explained, by the built command and what it calls. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checks, type Explanation, metrics, rules } from '../../src/cli/explanations.ts';
import { loadConfig, parseConfig } from '../../src/config/source.ts';
import { exitCode } from '../../src/gate/index.ts';
import { InputError, type RunRecord } from '../../src/plugin/index.ts';
import { firstChanged } from '../../src/run/digests.ts';
import { openRun } from '../../src/run/open.ts';
import { type GateFlags, rejudge, rejudgeFolder } from '../../src/run/rejudge.ts';

const main = join(import.meta.dirname, '../../dist/src/cli/main.js');
let folder = '';

const config = (gates: string, top = '') => `models: { standard: { file: standard.onnx, mean: 0.5, std: 0.25 } }
data: { manifest: portraits.csv, groups: [skin_tone, age_group], classes: [neutral, smiling], limit: 40 }
attacks: []
audits: [robust-accuracy, calibration]
gallery: { images: off }
${top}
gates:
${gates}
`;
const impossible = '  - { metric: clean-accuracy, floor: 1, by: point }';
const easy = '  - { metric: clean-accuracy, floor: 0, by: point }\n  - { metric: ece@clean, ceiling: 1 }';

function proofhouse(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}
/** As `proofhouse gate out <config>`, without starting a process. @returns its exit code */
async function gate(name: string | undefined, flags: GateFlags = {}): Promise<number> {
  const source = name === undefined ? undefined : await loadConfig(join(folder, name));
  const judged = await rejudgeFolder(join(folder, 'out'), source, flags);
  return exitCode(judged.record.verdict.status);
}
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const record = () => JSON.parse(readFileSync(join(folder, 'out/results.json'), 'utf8')) as RunRecord;
const risks = () => JSON.parse(readFileSync(join(folder, 'accepted-risks.json'), 'utf8')) as object[];

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'proofhouse-gate-')));
  cpSync(join(import.meta.dirname, '../../fixtures/demo'), folder, { recursive: true });
  write('p.yaml', config(impossible));
  write('easy.yaml', config(easy));
  const { status, stderr } = proofhouse('run', 'p.yaml');
  expect(status, stderr).toBe(1);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('gate', () => {
  it('judges a finished run by other gates, writes record, reports and digests, and attacks nothing', async () => {
    const before = readFileSync(join(folder, 'out/outcomes.ndjson'), 'utf8');
    const { status, stdout, stderr } = proofhouse('gate', 'out', 'easy.yaml');
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('All 2 gates hold.');
    expect(record()).toMatchObject({
      verdict: { status: 'pass' },
      config: { gates: [{ metric: 'clean-accuracy', floor: 0 }, { metric: 'ece@clean' }] },
      gates: [{ source: { file: 'easy.yaml', line: 8, column: 5 } }, {}],
    });
    expect(readFileSync(join(folder, 'out/report.html'), 'utf8')).toContain('All 2 gates hold.');
    expect(readFileSync(join(folder, 'out/outcomes.ndjson'), 'utf8')).toBe(before);
    const digests = JSON.parse(readFileSync(join(folder, 'out/digests.json'), 'utf8')) as never;
    expect(await firstChanged(join(folder, 'out'), digests)).toBeUndefined();
    expect(proofhouse('gate', 'out', 'p.yaml').status).toBe(1);
    expect(await gate(undefined)).toBe(1);
  });

  it('weighs by context and flags, and says that it only reports', async () => {
    // A floor at the estimate itself can never be settled.
    write('open.yaml', config(`  - { metric: clean-accuracy, floor: ${record().gates[0].measured} }`));
    expect(await gate('open.yaml')).toBe(3);
    expect(await gate('open.yaml', { context: 'pull-request' })).toBe(0);
    const only = proofhouse('gate', 'out', 'p.yaml', '--report-only');
    expect(only.status).toBe(0);
    expect(only.stdout).toContain('Report only: nothing here stops a release.');
    expect(record().gating).toMatchObject({ reportOnly: true });
    write('warn.yaml', config('  - { metric: clean-accuracy, floor: 1, by: point, level: warn }'));
    expect(await gate('warn.yaml')).toBe(0);
    expect(proofhouse('gate', 'out', 'warn.yaml', '--fail-on', 'warn').status).toBe(1);
    write('off.yaml', config('  - { metric: clean-accuracy, floor: 1, level: off }'));
    expect(await gate('off.yaml')).toBe(0);
    expect(record().gating.off).toEqual(['clean-accuracy ≥ 1']);
  });

  it.each([
    ['  - recomended', 'Did you mean "recommended"?'],
    ['  - { rule: attack-health }', 'Add evaluation-health to "audits"'],
    ['  - { rule: wurst-subgroup }', 'Did you mean "worst-subgroup"?'],
    ['  - { rule: worst-subgroup, metric: clean-accuracy, floor: 0.5 }', 'worst-subgroup needs columns.'],
    ['  - { rule: max-drop, metric: clean-accuracy, floor: 0.5 }', 'max-drop takes no floor'],
    ['  - { rule: max-drop, metric: ece@clean }', 'it compares accuracies'],
    ['  - { metric: clean-acuracy, floor: 0.5 }', 'Did you mean "clean-accuracy"?'],
    [
      '  - { rule: subgroup-gap, metric: clean-accuracy, columns: skin_tona, tolerance: 0.1 }',
      'Did you mean "skin_tone"?',
    ],
    [`${impossible}\n${impossible}`, 'there is already a gate floor clean-accuracy'],
    [impossible.replace('floor: 1', 'level: loud, floor: 1'), '"loud" is not one of off, warn, error'],
  ])('refuses %s in a sentence', async (gates, message) => {
    const source = { ...parseConfig(config(gates), 'bad.yaml'), base: folder };
    const judged = rejudge(await openRun(join(folder, 'out')), source);
    await expect(judged).rejects.toThrow(InputError);
    await expect(judged).rejects.toThrow(message);
  });
});

describe('accepted risks', () => {
  const accept = (...more: string[]) =>
    proofhouse('accept', 'out', 'floor clean-accuracy', '--reason', 'old sensors', '--owner', 'Ada', ...more);

  it('excuse a failure until their day, then ask for pruning', async () => {
    write('accepted-risks.json', '[]\n');
    write('accepting.yaml', config(impossible, 'accepted-risks: accepted-risks.json'));
    expect(await gate('accepting.yaml')).toBe(1);
    expect(accept('--expires', '2999-12-31').status).toBe(0);
    const judged = proofhouse('gate', 'out', 'accepting.yaml');
    expect(judged.status, judged.stderr).toBe(0);
    expect(judged.stdout).toContain('accepted by Ada until 2999-12-31');
    expect(record()).toMatchObject({
      gates: [{ verdict: 'fail', effect: 'warns', accepted: { state: 'holds' } }],
      acceptedRisks: [{ gate: 'floor clean-accuracy', owner: 'Ada', state: 'holds' }],
    });
    write('accepting-easy.yaml', config(easy, 'accepted-risks: accepted-risks.json'));
    expect(proofhouse('gate', 'out', 'accepting-easy.yaml')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('proofhouse prune'),
    });
    expect(proofhouse('prune', 'out').stdout).toContain('removed');
    expect(risks()).toEqual([]);
  });

  it('refuse what cannot be accepted, and a file that is none', async () => {
    await gate('p.yaml');
    expect(accept('--expires', 'soon').stderr).toContain('YYYY-MM-DD');
    expect(accept('--expires', '2001-01-01').stderr).toContain('past');
    expect(accept('--expires', '2999-12-31', '--model', 'other').stderr).toContain('does not bind the model other');
    const unknown = proofhouse('accept', 'out', 'flor', '--reason', 'r', '--owner', 'o', '--expires', '2999-12-31');
    expect(unknown).toMatchObject({ status: 2, stderr: expect.stringContaining('has no gate "flor"') });
    write('accepted-risks.json', '[\n  { "gate": 3 }\n]');
    await expect(gate('accepting.yaml')).rejects.toThrow('accepted-risks.json:2:13');
  });
});

describe('explain', () => {
  it('has a section for every rule, a bullet for every check, a row for every metric', () => {
    const of = (all: Explanation[], topic: string) => all.find((one) => one.topic === topic)?.text;
    for (const rule of ['floor', 'ceiling', 'max-drop', 'worst-subgroup', 'subgroup-gap', 'attack-health'])
      expect(of(rules(), rule)).toBeTruthy();
    expect(of(rules(), 'max-drop')).toContain('McNemar');
    for (const check of ['AA-rand', 'I3', 'I6', 'C1', 'C5', 'C7', 'gradient-check'])
      expect(of(checks(), check)).toBeTruthy();
    for (const metric of ['clean-accuracy', 'robust-accuracy', 'fnr-gap', 'ece', 'health-checks-failed'])
      expect(of(metrics(), metric)).toBeTruthy();
  });

  it('gives the run’s numbers, and the nearest name', async () => {
    await gate('p.yaml');
    const { stdout } = proofhouse('explain', 'floor clean-accuracy', 'out');
    expect(stdout).toContain('must not be below (above) the limit');
    expect(stdout).toMatch(/In this run:\nfloor clean-accuracy \(standard\): fail, blocks; measured [\d.]+ %/);
    expect(proofhouse('explain', 'calibration').stdout).toContain('Guo et al. 2017');
    expect(proofhouse('explain', 'maxdrop')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Did you mean "max-drop"?'),
    });
  });
});
