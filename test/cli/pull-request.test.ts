/** What a pull request meets: the baseline from the model before, then the same gate on a model that is weaker, and on one that is not. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const demo = join(root, 'fixtures/demo');
let folder: string;

function proofhouse(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/src/cli/main.js'), ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, said: stderr + stdout };
}

/** What the author of a pull request changes: the file behind the model's name. */
const commit = (model: 'standard' | 'hardened') => cpSync(join(demo, `${model}.onnx`), join(folder, 'smile.onnx'));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'proofhouse-pull-request-'));
  cpSync(join(demo, 'images'), join(folder, 'images'), { recursive: true });
  cpSync(join(demo, 'portraits.csv'), join(folder, 'portraits.csv'));
  writeFileSync(
    join(folder, 'proofhouse.yaml'),
    `models:
  smile: { file: smile.onnx, mean: [0.52, 0.46, 0.42], std: [0.25, 0.23, 0.22] }
data: { manifest: portraits.csv, groups: [skin_tone, age_group], limit: 80 }
attacks:
  - { attack: pgd, epsilon: 4/255, options: { steps: 5 } }
audits: [robust-accuracy]
reports: [summary]
gallery: { images: 'off' }
baseline: .proofhouse/baseline
gates:
  - { rule: max-drop, metric: clean-accuracy, margin: 0.05 }
  - { rule: max-drop, metric: robust-accuracy@pgd:linf:4/255, margin: 0.05 }
`,
  );
  commit('hardened');
  const first = proofhouse('run', 'proofhouse.yaml', '--output', 'main');
  expect(first.said).toMatch(/no baseline/);
  const stored = proofhouse('baseline', 'update', 'main');
  expect(stored.status, stored.said).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a pull request that changes nothing passes', () => {
  const { status, said } = proofhouse('run', 'proofhouse.yaml', '--output', 'unchanged');
  expect(status, said).toBe(0);
  expect(proofhouse('compare', '.proofhouse/baseline', 'unchanged').said).not.toMatch(/got worse|^fell /m);
});

test('a pull request that weakens the model fails for that reason, in words that its author can act on', () => {
  commit('standard');
  const { status, said } = proofhouse('run', 'proofhouse.yaml', '--output', 'weaker');
  expect(status, said).toBe(1);
  expect(said).toMatch(/drop of robust-accuracy@pgd:linf:4\/255/);
  expect(said).toMatch(/\d+ of 80 examples stood before and fall now/);
  expect(said).toMatch(/more than chance/);
  const compared = proofhouse('compare', '.proofhouse/baseline', 'weaker');
  expect(compared.status).toBe(0);
  expect(compared.said).toMatch(/pgd:linf:4\/255 .* got worse/);
  const whole = JSON.parse(proofhouse('compare', 'main', 'weaker', '--json').said) as {
    changes: { evaluation: string; paired: { regressed: string[] } }[];
  };
  const { regressed } = whole.changes[1].paired;
  expect(regressed.length).toBeGreaterThan(20);
  const ids = readFileSync(join(folder, 'weaker/examples.ndjson'), 'utf8');
  for (const id of regressed) expect(ids).toContain(JSON.stringify(id));
});

test('two baselines compare without ids; another data set is said not to be comparable; bad input is refused', () => {
  expect(proofhouse('baseline', 'update', 'main', 'copy').status).toBe(0);
  expect(proofhouse('compare', 'copy', '.proofhouse/baseline').said).toMatch(/no evidence of change/);
  expect(proofhouse('baseline', 'show', 'copy').said).toMatch(/pgd:linf:4\/255 +\d+\.\d %/);
  expect(proofhouse('run', 'proofhouse.yaml', '--limit', '16', '--output', 'other').said).toMatch(
    /Not comparable with the baseline: the data/,
  );
  expect(proofhouse('compare', 'copy', 'other').said).toMatch(
    /not comparable {2}clean on smile: the data: sha256 .* \(80 examples\) before/,
  );
  for (const words of [
    ['compare', 'copy', 'nowhere'],
    ['compare', 'copy'],
    ['baseline', 'update', 'images'],
    ['baseline', 'show', 'images'],
    ['baseline', 'forget'],
  ]) {
    const { status, said } = proofhouse(...words);
    expect(status, said).toBe(2);
    expect(said).not.toMatch(/\n\s+at .*:\d+:\d+|defect of Proofhouse/);
  }
});
