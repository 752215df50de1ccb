/** A training as a process: killed and stopped at any moment and taken up again, it writes the bytes of one that nobody disturbed. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { emptyGraph, GraphBuilder, tensor } from '../../src/onnx/graph.ts';
import { writeModel } from '../../src/onnx/write.ts';
import type { RunRecord } from '../../src/plugin/record.ts';
import type { TrainingRecord } from '../../src/plugin/training-record.ts';
import { demo } from '../fixtures/demo.ts';
import { portraits } from '../support/training-run.ts';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'proofhouse-resume-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

writeFileSync(
  join(folder, 'train.yaml'),
  stringify({
    network: 'small-cnn',
    data: {
      manifest: relative(folder, portraits),
      root: relative(folder, demo),
      label: 'skin_tone',
      groups: ['age_group'],
      resize: 'stretch',
      size: [16, 16],
    },
    'held-out': 0.2,
    objective: { name: 'pgd-at', options: { epsilon: '2/255', steps: 2 } },
    epochs: 3,
    'batch-size': 16,
    average: 0.9,
    augmentation: { crop: 2, cutout: 4, mixup: 0.3 },
    'checkpoint-minutes': 1e-6,
    engine: { workers: 1 },
  }),
);

const environment = { ...process.env, NO_COLOR: '1' };
const proofhouse = (...words: string[]) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [main, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: environment,
  });
  return { status, stderr, stdout };
};

const FILES = ['model.onnx', 'training.json', 'training.html', 'audit.yaml', 'held-out.csv'];
const digests = (output: string) =>
  FILES.map((file) => [
    file,
    createHash('sha256')
      .update(readFileSync(join(folder, output, file)))
      .digest('hex'),
  ]);
const json = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), 'utf8'));

/** Starts a training, waits for its first checkpoints, then signals it. @returns its exit code or the signal it died of */
async function disturbed(output: string, signal: 'SIGKILL' | 'SIGINT', delay: number): Promise<number | string | null> {
  const checkpoint = join(folder, output, 'checkpoint.bin');
  const stamp = () => (existsSync(checkpoint) ? statSync(checkpoint).mtimeMs : 0);
  const before = stamp();
  const child = spawn(process.execPath, [main, 'train', 'train.yaml', '--output', output, '--resume'], {
    cwd: folder,
    env: environment,
    stdio: 'ignore',
  });
  const ended = new Promise<number | string | null>((resolve) =>
    child.once('exit', (code, died) => resolve(died ?? code)),
  );
  while (stamp() === before && child.exitCode === null) await pause(5);
  await pause(delay);
  child.kill(signal);
  return ended;
}

beforeAll(() => {
  if (!existsSync(main)) throw new Error('The command is not built: npm run build');
});

describe('a training', () => {
  test('killed twice and interrupted once ends with the same bytes', { timeout: 120_000 }, async () => {
    expect(proofhouse('train', 'train.yaml', '--output', 'whole')).toMatchObject({ status: 0 });
    expect(existsSync(join(folder, 'whole/checkpoint.bin'))).toBe(false);

    expect(await disturbed('broken', 'SIGKILL', 40)).toBe('SIGKILL');
    expect(await disturbed('broken', 'SIGKILL', 130)).toBe('SIGKILL');
    expect(await disturbed('broken', 'SIGINT', 15)).toBe(130);
    expect(existsSync(join(folder, 'broken/training.json'))).toBe(false);
    expect(proofhouse('train', 'train.yaml', '--output', 'broken', '--resume').stderr).toContain('resuming in epoch');
    expect(digests('broken')).toEqual(digests('whole'));
  });

  test('describes itself by the published schema, and its file by its hash', () => {
    const record = json('whole/training.json') as TrainingRecord;
    const schema = JSON.parse(readFileSync(new URL('../../schemas/training.json', import.meta.url), 'utf8')) as object;
    const validate = new Ajv({ strict: false }).compile(schema);
    validate(record);
    expect(validate.errors).toBeNull();
    expect(['model.onnx', record.model.sha256]).toEqual(digests('whole')[0]);
    expect(record.data).toMatchObject({ training: 144, heldOut: 36, classes: ['darker', 'lighter', 'medium'] });
    expect(record.curves).toHaveLength(3);
    const robust = record.curves.map(({ robustAccuracy }) => robustAccuracy);
    expect(robust[record.best - 1]).toBe(Math.max(...robust));
  });

  test('is audited by the config it wrote, which finds the same accuracy in the file', () => {
    expect(proofhouse('run', 'whole/audit.yaml')).toMatchObject({ status: 0 });
    const { findings } = json('whole/audit/results.json') as RunRecord;
    const { curves, best } = json('whole/training.json') as TrainingRecord;
    const clean = findings.flatMap(({ metrics }) => metrics).find(({ id }) => id === 'clean-accuracy');
    expect(clean).toMatchObject({ model: 'trained', total: 36 });
    expect(clean?.value).toBeCloseTo(curves[best - 1].cleanAccuracy, 12);
  });

  test('is confirmed by training again, and not where its config is nowhere to be found', () => {
    const { stdout, status } = proofhouse('verify', 'whole');
    expect(stdout).toContain('verified  all 5 files are the same, byte for byte');
    expect(status).toBe(0);
    renameSync(join(folder, 'train.yaml'), join(folder, 'moved.yaml'));
    const lost = proofhouse('verify', 'whole');
    renameSync(join(folder, 'moved.yaml'), join(folder, 'train.yaml'));
    expect(lost).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('whole was made from train.yaml') as string,
    });
  });

  test('is neither resumed nor replaced once it is finished, unless one says so', () => {
    const again = proofhouse('train', 'train.yaml', '--output', 'whole');
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining('already holds a training') as string });
    const resumed = proofhouse('train', 'train.yaml', '--output', 'whole', '--resume');
    expect(resumed).toMatchObject({ status: 2, stderr: expect.stringContaining('is finished') as string });
  });

  test('of a network without a gradient is refused in a sentence, by threads too', () => {
    const builder = new GraphBuilder(emptyGraph('rounded', 18));
    const image = builder.input('image', 'float32', ['N', 3, 16, 16]);
    const pooled = builder.op('Flatten', [builder.op('GlobalAveragePool', [image])]);
    const weight = builder.constant(tensor.float32([3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]));
    const logits = builder.op('Round', [builder.op('Gemm', [pooled, weight], { transB: 1 })]);
    builder.graph.outputs.push({ name: logits, type: 'float32', dims: ['N', 3] });
    writeFileSync(join(folder, 'rounded.onnx'), writeModel(builder.graph));
    const config = readFileSync(join(folder, 'train.yaml'), 'utf8');
    writeFileSync(
      join(folder, 'rounded.yaml'),
      config.replace('small-cnn', 'rounded.onnx').replace('workers: 1', 'workers: 2'),
    );
    const { status, stderr } = proofhouse('train', 'rounded.yaml', '--output', 'rounded');
    expect(stderr).toContain('No gradient can be derived: "Round"');
    expect(stderr).toContain('Train a network without it');
    expect(status).toBe(2);
  });
});
