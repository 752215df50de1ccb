import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../src/index.ts';
import { audit } from '../../src/index.ts';
import { createRandom } from '../../src/random.ts';

const demo = fileURLToPath(new URL('../../fixtures/demo/', import.meta.url));
const command = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const promised = [
  'outcomes.ndjson',
  'examples.ndjson',
  'results.json',
  'manifest.json',
  'report.html',
  'summary.md',
  'junit.xml',
];

const preprocessing = { mean: [0.52, 0.46, 0.42], std: [0.25, 0.23, 0.22] };
const config: Config = {
  models: {
    standard: { file: join(demo, 'standard.onnx'), ...preprocessing },
    hardened: { file: join(demo, 'hardened.onnx'), ...preprocessing },
  },
  data: { manifest: join(demo, 'portraits.csv'), classes: ['neutral', 'smiling'], limit: 24 },
  attacks: [
    'fgsm',
    { attack: 'pgd', epsilon: ['2/255', '8/255'], options: { steps: 8, restarts: 2 } },
    { attack: 'pgd', norm: 'l2', epsilon: [0.5], options: { steps: 5 } },
    { attack: 'pgd', norm: 'l1', epsilon: [8], target: 'random', options: { steps: 5, loss: 'margin' } },
  ],
  gates: [{ metric: 'robust-accuracy@pgd:linf:2/255', floor: 0, by: 'point' }],
  seed: 3,
};

let folder: string;
let reference: Map<string, string>;

async function bytesOf(output: string): Promise<Map<string, string>> {
  return new Map(
    await Promise.all(promised.map(async (file) => [file, await readFile(join(output, file), 'latin1')] as const)),
  );
}

async function run(name: string, engine: NonNullable<Config['engine']>): Promise<Map<string, string>> {
  const output = join(folder, name);
  await audit({ ...config, engine, output });
  return bytesOf(output);
}

/** Equal bytes, compared file by file so that a failure says which differs. */
function expectSame(bytes: Map<string, string>): void {
  for (const file of promised) expect(bytes.get(file) === reference.get(file), `${file} differs`).toBe(true);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofhouse-bytes-'));
  reference = await run('reference', { workers: 1, threads: 1, 'batch-size': 16 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the same inputs and seed give the same bytes', () => {
  it('in a second run', async () => expectSame(await run('again', { workers: 1, threads: 1, 'batch-size': 16 })));
  it.each([1, 7, 64])('with batches of %i', async (size) =>
    expectSame(await run(`batch ${size}`, { workers: 1, threads: 1, 'batch-size': size })),
  );
  it('with two threads', async () => expectSame(await run('threads', { workers: 1, threads: 2 })));
  it('with two workers', async () => expectSame(await run('workers', { workers: 2, threads: 1 })));

  it('of a run killed at ten random moments and resumed', async () => {
    const output = join(folder, 'killed');
    const file = join(folder, 'killed.json');
    await writeFile(file, JSON.stringify({ ...config, output }));
    const random = createRandom(11, 'moments');
    const start = (after?: number) =>
      new Promise<number | null>((resolve, reject) => {
        const child = spawn(process.execPath, [command, 'run', file, '--resume', '--workers', '2'], { stdio: 'pipe' });
        if (after !== undefined) setTimeout(() => child.kill('SIGKILL'), after);
        child.on('error', reject);
        child.on('exit', resolve);
      });
    let killed = 0;
    for (let i = 0; i < 10; i++) if ((await start(random.uniform(400, 2500))) === null) killed++;
    expect(killed).toBeGreaterThan(0);
    expect(await start()).toBe(0);
    expect(existsSync(join(output, 'journal.ndjson'))).toBe(false);
    const bytes = await bytesOf(output);
    // The command and the config's own name are the person's words: `run killed.json` against a call from code.
    for (const same of ['outcomes.ndjson', 'examples.ndjson']) expect(bytes.get(same)).toBe(reference.get(same));
    const whole = join(folder, 'whole');
    await writeFile(file, JSON.stringify({ ...config, output: whole }));
    expect(await start()).toBe(0);
    const uninterrupted = await bytesOf(whole);
    for (const name of promised) expect(bytes.get(name) === uninterrupted.get(name), `${name} differs`).toBe(true);
  });

  it('when a finished run is resumed: nothing is attacked again', async () => {
    const output = join(folder, 'again');
    const progress: number[] = [];
    await audit(
      { ...config, output },
      {
        resume: true,
        onEvent: (event) => {
          if (event.type === 'progress') progress.push(event.done);
        },
      },
    );
    expect(Math.min(...progress)).toBe(24);
    expectSame(await bytesOf(output));
  });
});
