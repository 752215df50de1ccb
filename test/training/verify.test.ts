/** A finished training is repeated from its own record: the same bytes, or the first difference. One that diverged after its best epoch too. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { TrainingRecord } from '../../src/plugin/training-record.ts';
import { resolveTraining } from '../../src/training/config/resolve.ts';
import type { RawTraining } from '../../src/training/config/schema.ts';
import { train } from '../../src/training/train.ts';
import { verifyTraining } from '../../src/training/verify.ts';
import { demo } from '../fixtures/demo.ts';
import { portraits } from '../support/training-run.ts';

const base = mkdtempSync(join(tmpdir(), 'proofhouse-verify-training-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const config: RawTraining = {
  network: 'small-cnn',
  data: {
    manifest: portraits,
    root: demo,
    label: 'skin_tone',
    groups: ['age_group'],
    resize: 'stretch',
    size: [16, 16],
  },
  'held-out': 0.2,
  objective: 'standard',
  epochs: 2,
  'batch-size': 16,
  engine: { workers: 1 },
};

const trained = async (output: string, change: Partial<RawTraining> = {}) =>
  train(await resolveTraining({ ...config, ...change, output }, { base }));

const verified = async (folder: string, change: Partial<RawTraining> = {}) =>
  verifyTraining(join(base, folder), await resolveTraining({ ...config, ...change }, { base }));

const path = (folder: string, file: string) => join(base, folder, file);
const json = (folder: string, file: string): unknown => JSON.parse(readFileSync(path(folder, file), 'utf8'));

/** Writes another record, with a digest that fits it. */
function forge(folder: string, change: (record: TrainingRecord) => void): void {
  const record = json(folder, 'training.json') as TrainingRecord;
  change(record);
  const text = `${JSON.stringify(record, null, 2)}\n`;
  writeFileSync(path(folder, 'training.json'), text);
  const digests = json(folder, 'digests.json') as { files: Record<string, string> };
  digests.files['training.json'] = createHash('sha256').update(text).digest('hex');
  writeFileSync(path(folder, 'digests.json'), JSON.stringify(digests));
}

test('a training is confirmed, under another name too', async () => {
  await trained('whole');
  expect(await verified('whole')).toEqual({ files: 5 });
  renameSync(join(base, 'whole'), join(base, 'moved'));
  expect(await verified('moved')).toEqual({ files: 5 });
});

test('a file that was changed since is told without training', async () => {
  const page = path('moved', 'training.html');
  const text = readFileSync(page, 'utf8');
  writeFileSync(page, text.replace('</html>', ' </html>'));
  expect(await verified('moved')).toEqual({
    files: 5,
    difference: { file: 'training.html', detail: 'it was changed since the training wrote it' },
  });
  writeFileSync(page, text);
});

test('other settings, data or versions are named before anything is trained', async () => {
  await expect(verified('moved', { 'learning-rate': 0.01 })).rejects.toThrow(
    /^The training cannot be repeated as it was: this differs: learning-rate in the config\.\n/,
  );
  const [header, ...rows] = readFileSync(portraits, 'utf8').trimEnd().split('\n');
  writeFileSync(join(base, 'fewer.csv'), `${[header, ...rows.slice(2)].join('\n')}\n`);
  await expect(
    verified('moved', { data: { ...(config.data as object), manifest: join(base, 'fewer.csv') } }),
  ).rejects.toThrow(
    /these differ: the data \(sha256 [0-9a-f]{12}… then, sha256 [0-9a-f]{12}… now\); data in the config\./,
  );
});

test('a record that its settings do not give is told by its line', async () => {
  forge('moved', ({ curves }) => {
    curves[0].cleanAccuracy = 0.99;
  });
  const { difference } = await verified('moved');
  expect(difference?.file).toBe('training.json');
  expect(difference?.detail).toMatch(
    /^line \d+: "cleanAccuracy": 0\.99, in the run, "cleanAccuracy": 0\.\d+, in the repetition$/,
  );
});

test('one that diverged keeps the best epoch before that, says so, and is confirmed as well', async () => {
  // The rate rises until the weights overflow, which they do in the second of three epochs.
  const change = {
    epochs: 3,
    optimizer: 'adamw',
    'learning-rate': 1e5,
    schedule: { name: 'constant', warmup: 0.9 },
  } as const;
  await expect(trained('diverged', change)).rejects.toThrow(
    /^Training diverged in epoch [23], step \d+: the loss is no number any more\.\n.*\nmodel\.onnx in diverged holds the best weights before that, of epoch 1\.$/,
  );
  const record = json('diverged', 'training.json') as TrainingRecord;
  expect(record).toMatchObject({ best: 1, end: { reason: 'diverged' } });
  const hash = createHash('sha256')
    .update(readFileSync(path('diverged', 'model.onnx')))
    .digest('hex');
  expect(record.model.sha256).toBe(hash);
  expect(await verified('diverged', change)).toEqual({ files: 5 });
});
