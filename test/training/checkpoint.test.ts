/** Checkpoints: what is written is read; what is damaged, foreign or of another training is refused in a sentence; a full disk loses nothing. */
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { readCheckpoint, writeCheckpoint } from '../../src/training/checkpoint.ts';
import { resolveTraining } from '../../src/training/config/resolve.ts';
import type { RawTraining } from '../../src/training/config/schema.ts';
import type { TrainingState } from '../../src/training/state.ts';
import { train } from '../../src/training/train.ts';
import { demo } from '../fixtures/demo.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
function workplace(): string {
  const folder = mkdtempSync(join(tmpdir(), 'proofhouse-checkpoint-'));
  folders.push(folder);
  return folder;
}

const plan = { network: 'a', data: 'b' };
const floats = fc.float32Array({ maxLength: 9, noNaN: true });
const snapshot = fc.record({ weights: floats, statistics: floats });
const states: fc.Arbitrary<TrainingState> = fc.record({
  weights: floats,
  statistics: floats,
  position: fc.record({
    epoch: fc.nat(),
    step: fc.nat(),
    updates: fc.nat(),
    loss: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    correct: fc.array(fc.nat(), { maxLength: 2 }),
    seen: fc.nat(),
  }),
  buffers: fc.array(floats, { maxLength: 2 }),
  carried: fc.record({ groupWeights: floats }, { requiredKeys: [] }),
  average: snapshot,
  curves: fc.constant([]),
  best: fc.record({ weights: floats, statistics: floats, epoch: fc.nat() }),
});

describe('a checkpoint', () => {
  const folder = workplace();
  const file = join(folder, 'checkpoint.bin');

  test('is read as it was written, to the last bit', async () => {
    await fc.assert(
      fc.asyncProperty(states, async (state) => {
        await writeCheckpoint(folder, plan, state);
        expect(await readCheckpoint(folder, plan)).toEqual(state);
      }),
      { numRuns: 50 },
    );
  });

  test('of another plan is refused by what differs', async () => {
    await expect(readCheckpoint(folder, { ...plan, data: 'c', epochs: '3' })).rejects.toThrow(
      /cannot be resumed: data, epochs changed since it was started/,
    );
  });

  test('that was cut off or changed anywhere is refused', async () => {
    const whole = readFileSync(file);
    onTestFinished(() => writeFileSync(file, whole));
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(file, whole.subarray(0, length));
      await expect(readCheckpoint(folder, plan)).rejects.toThrow(/is damaged|is no checkpoint/);
    }
    const start = whole.indexOf('\n') + 1;
    for (let at = start; at < whole.length; at += 7) {
      const changed = Buffer.from(whole);
      changed[at] ^= 1;
      writeFileSync(file, changed);
      await expect(readCheckpoint(folder, plan)).rejects.toThrow(/is damaged/);
    }
    writeFileSync(file, whole.toString('latin1').replace('"version":1', '"version":2'), 'latin1');
    await expect(readCheckpoint(folder, plan)).rejects.toThrow(/format version 2; this Proofhouse reads version 1/);
  });

  test.skipIf(!existsSync('/dev/full'))('that finds the disk full leaves the one before it whole', async () => {
    const before = readFileSync(file);
    symlinkSync('/dev/full', `${file}.tmp`);
    const state = await readCheckpoint(folder, plan);
    if (state === undefined) throw new Error('there is no checkpoint');
    await expect(writeCheckpoint(folder, plan, state)).rejects.toThrow(/ENOSPC.*\nThe checkpoint before it is intact/);
    expect(readFileSync(file).equals(before)).toBe(true);
    await writeCheckpoint(folder, plan, state);
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});

describe('a training that is taken up again', () => {
  const base = workplace();
  const [header, ...rows] = readFileSync(join(demo, 'portraits.csv'), 'utf8').trimEnd().split('\n');
  const write = (lines: readonly string[]) =>
    writeFileSync(join(base, 'data.csv'), `${[header, ...lines].join('\n')}\n`);
  const few = rows.filter((_, index) => index % 12 === 0);
  write(few);
  const config: RawTraining = {
    network: 'small-cnn',
    data: { manifest: 'data.csv', root: demo, resize: 'stretch', size: [16, 16] },
    objective: 'standard',
    epochs: 2,
    'batch-size': 16,
    engine: { workers: 1 },
    output: 'out',
  };
  const run = async (change: Partial<RawTraining> = {}, stopAfter?: number) => {
    const controller = new AbortController();
    return train(await resolveTraining({ ...config, ...change }, { base }), {
      resume: stopAfter === undefined,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'step' && event.step === stopAfter) controller.abort();
      },
    });
  };

  test('is refused where its settings or data changed, and goes on where they are as they were', async () => {
    await expect(run({}, 2)).rejects.toThrow(/abort/i);
    await expect(run({ 'learning-rate': 0.001 })).rejects.toThrow(/cannot be resumed: learning-rate changed/);
    await expect(run({ network: 'resnet-20' })).rejects.toThrow(/cannot be resumed: network changed/);
    await expect(run({ objective: 'pgd-at' })).rejects.toThrow(/cannot be resumed: objective/);
    write(few.map((row) => row.replace(',lighter,', ',medium,')));
    await expect(run()).rejects.toThrow(/cannot be resumed: data changed/);
    write(few.slice(1));
    await expect(run()).rejects.toThrow(/cannot be resumed: data changed/);
    write(few);
    const { record } = await run({ engine: { workers: 1, threads: 2 } });
    expect(record.end.sentence).toMatch(/^All 2 epochs were trained; epoch [12] is kept\.$/);
  });

  test.each([
    ['replayed perturbations', { name: 'free', options: { replays: 3 } }],
    ['weights of groups', { name: 'group-reweighted', options: { column: 'skin_tone' } }],
    ['moved weights', { name: 'pgd-at', options: { steps: 1, awp: 0.01 } }],
  ])('carries %s over', async (_, objective: { name: string; options: Record<string, unknown> }) => {
    const change = { objective, average: 0.9, optimizer: 'adamw' } as const;
    const { record: whole } = await run({ ...change, output: `whole-${objective.name}` });
    const output = `broken-${objective.name}`;
    await expect(run({ ...change, output }, 2)).rejects.toThrow(/abort/i);
    const { record: broken } = await run({ ...change, output });
    expect(broken).toEqual(whole);
  });
});
