import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder: string;

function run(...words: string[]) {
  return spawnSync(join(folder, 'node_modules/.bin/proofhouse'), words, { cwd: folder, encoding: 'utf8' });
}

// As a stranger has it: the packed tarball, installed in an empty folder elsewhere, with the npm registry alone.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'proofhouse-pack-'));
  mkdirSync(join(folder, 'tarball'));
  execFileSync('npm', ['pack', '--pack-destination', join(folder, 'tarball')], { cwd: root, stdio: 'pipe' });
  const [tarball] = readdirSync(join(folder, 'tarball'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  execFileSync('npm', ['install', ...options, join(folder, 'tarball', tarball)], { cwd: folder, stdio: 'pipe' });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the packed package', () => {
  it('brings the demo, its models and the schemas', () => {
    const installed = join(folder, 'node_modules/proofhouse');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(run('--version').stdout.trim()).toBe(version);
    for (const file of [
      'fixtures/demo/standard.onnx',
      'fixtures/demo/proofhouse.yaml',
      'schemas/results.json',
      'LICENSE',
    ]) {
      expect(readFileSync(join(installed, file)).length, file).toBeGreaterThan(100);
    }
  });

  it('runs a TypeScript plugin, in this thread and in workers', () => {
    mkdirSync(join(folder, 'attacks'), { recursive: true });
    const plugin = `import { defineAttack, z } from 'proofhouse/plugin';
      export default defineAttack({
        name: 'darken', title: 'Darken', reference: 'none', access: 'none' as const, threats: ['linf'],
        options: z.strictObject({}),
        *attack({ image, threat }) {
          const point: Float32Array = image.map((value: number) => value - threat.epsilon);
          threat.project(point);
          return point;
        },
      });`;
    writeFileSync(join(folder, 'attacks/darken.ts'), plugin);
    const demo = 'node_modules/proofhouse/fixtures/demo';
    const config = `plugins: [./attacks/darken.ts]
models: { standard: { file: ${demo}/standard.onnx, mean: [0.52, 0.46, 0.42], std: [0.25, 0.23, 0.22] } }
data: { manifest: ${demo}/portraits.csv, limit: 30 }
attacks: [{ attack: darken, epsilon: 8/255 }]
`;
    writeFileSync(join(folder, 'proofhouse.yaml'), config);
    for (const workers of ['1', '2']) {
      const { status, stderr, stdout } = run(
        'run',
        'proofhouse.yaml',
        '--workers',
        workers,
        '--output',
        `out${workers}`,
      );
      expect(status, stderr).toBe(0);
      expect(stdout).toContain('robust-accuracy@darken:linf:8/255');
    }
    const read = (output: string) => readFileSync(join(folder, output, 'report.html'), 'utf8');
    expect(read('out1')).toBe(read('out2'));
  });

  it('can be called from code', () => {
    const code = `import { audit } from 'proofhouse';
      const demo = 'node_modules/proofhouse/fixtures/demo';
      const { record } = await audit({
        models: { standard: demo + '/standard.onnx' },
        data: { manifest: demo + '/portraits.csv', limit: 10 },
        attacks: ['fgsm'],
        output: 'from-code',
      });
      console.log(record.dataset.examples, record.findings.length);`;
    writeFileSync(join(folder, 'call.js'), code);
    const { stdout, stderr } = spawnSync(process.execPath, ['call.js'], { cwd: folder, encoding: 'utf8' });
    expect(stdout, stderr).toBe('10 2\n');
  });
});
