/** Attacks that learn from data, in whole runs: reproducible to the byte, resumable, drawn, made on a surrogate, and said so in the report. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditShard, mergeShards } from '../../../src/audit.ts';
import { resolveConfig } from '../../../src/config/resolve.ts';
import { audit, type Config, type OutcomeRow } from '../../../src/index.ts';
import { bytesOf, differing } from '../../run/folders.ts';
import { writeMaskedModels } from '../../support/masked-models.ts';

const options = { steps: 15, batch: 8 };
/** A linear model and 24 images of 8 by 8 in 3 classes. */
const config: Pick<Config, 'attacks' | 'seed'> = {
  attacks: [
    { attack: 'universal', epsilon: ['2/255', '8/255'], options },
    { attack: 'patch', epsilon: 0.1, options },
    { attack: 'fgsm', epsilon: '8/255' },
  ],
  seed: 5,
};
const promised = ['outcomes.ndjson', 'results.json', 'manifest.json', 'report.html', 'summary.md'];

let folder: string;
const configAs = (name: string, changes: Partial<Config>): Config => ({
  ...config,
  models: { linear: join(folder, 'plain.onnx') },
  data: join(folder, 'images'),
  ...changes,
  output: join(folder, name),
});
const runAs = async (name: string, changes: Partial<Config>, hooks: Parameters<typeof audit>[1] = {}) => {
  const { record, folder: output } = await audit(configAs(name, changes), hooks);
  const texts = await Promise.all(promised.map((file) => readFile(join(output, file), 'latin1')));
  const rows = texts[0]
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as OutcomeRow);
  return { record, texts, rows };
};
const one = { workers: 1, threads: 1, 'batch-size': 32 };
let reference: Awaited<ReturnType<typeof runAs>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofhouse-learnt-'));
  await writeMaskedModels(folder, ['plain', 'quantised-inputs'], 8);
  reference = await runAs('reference', { engine: one });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the same bytes', () => {
  it.each([1, 7, 64])('with batches of %i', async (size) => {
    const { texts } = await runAs(`batch ${size}`, { engine: { ...one, 'batch-size': size } });
    expect(texts.map((text, i) => text === reference.texts[i])).toEqual(promised.map(() => true));
  });

  it('with two workers', async () => {
    const { texts } = await runAs('workers', { engine: { ...one, workers: 2 } });
    expect(texts.map((text, i) => text === reference.texts[i])).toEqual(promised.map(() => true));
  });

  it('in three shards merged: each learns on the halves of the whole data', async () => {
    const resolved = (name: string) => resolveConfig(configAs(name, { engine: one }), { base: folder });
    const shards = [1, 2, 3].map((index) => ({ index, count: 3, name: `shard ${index}` }));
    for (const { name, ...shard } of shards) await auditShard(await resolved(name), shard);
    await mergeShards(
      await resolved('merged'),
      shards.map(({ name }) => join(folder, name)),
    );
    expect(differing(await bytesOf(join(folder, 'merged')), await bytesOf(join(folder, 'reference')))).toEqual([]);
  });

  it('when interrupted in the middle and resumed', async () => {
    const stop = new AbortController();
    const output = { engine: { ...one, 'batch-size': 4 } };
    await expect(
      runAs('stopped', output, {
        signal: stop.signal,
        onEvent: (event) => {
          if (event.type === 'progress' && event.done > 4) stop.abort();
        },
      }),
    ).rejects.toThrow();
    const { texts } = await runAs('stopped', output, { resume: true });
    expect(texts.map((text, i) => text === reference.texts[i])).toEqual(promised.map(() => true));
  });
});

describe('what a run says', () => {
  it('judges every image, so that rates and the worst case are over all of them', () => {
    const { record, rows } = reference;
    const rate = (id: string) => record.findings.flatMap(({ metrics }) => metrics).find((metric) => metric.id === id);
    for (const id of ['universal:linf:8/255', 'worst:linf:8/255', 'patch:patch:0.1', 'fgsm:linf:8/255'])
      expect(rate(`robust-accuracy@${id}`)?.total).toBe(24);
    expect(rows.filter(({ evaluation }) => evaluation === 'patch:patch:0.1')).toHaveLength(24);
    const fell = (id: string) => rows.filter(({ evaluation, success }) => evaluation === id && success);
    const union = new Set([...fell('universal:linf:8/255'), ...fell('fgsm:linf:8/255')].map(({ example }) => example));
    expect(rate('robust-accuracy@worst:linf:8/255')?.count).toBe(24 - union.size);
  });

  it('counts the making once for each half, and notes on how many images it was made', () => {
    const { record, rows } = reference;
    const correct = rows.filter(({ evaluation, success }) => evaluation === 'clean' && !success).length;
    const batch = 2 * 15 * 8;
    expect(record.queries).toContainEqual({
      model: 'linear',
      evaluation: 'patch:patch:0.1',
      examples: 24,
      gradient: batch,
      score: 24,
      decision: 0,
    });
    const notes = record.findings.flatMap(({ details }) => details).map((detail) => JSON.stringify(detail));
    const note = notes.find((text) => text.includes('patch:patch:0.1 on linear')) as string;
    const sizes = /on (\d+) and (\d+) of them/.exec(note)?.slice(1).map(Number) as number[];
    expect(sizes[0] + sizes[1]).toBe(correct);
    expect(note).toContain(`${batch} gradient queries`);
    expect(record.evaluations.find(({ attack }) => attack === 'universal')).toMatchObject({
      access: 'none',
      fitted: true,
    });
  });

  it('changes one square in a patched picture, of at most ε of the area', () => {
    for (const row of reference.rows.filter(({ evaluation, madeOn }) => evaluation === 'patch:patch:0.1' && madeOn)) {
      expect(row.violation).toBeUndefined();
      const { height, width } = reference.record.dataset.shape;
      expect(row.distances?.l0).toBeLessThanOrEqual(0.1 * 3 * height * width);
    }
  });

  it('draws them: the gallery makes them again from the seed', async () => {
    const { record } = await runAs('drawn', { attacks: [{ attack: 'patch', epsilon: 0.5, options }] });
    expect(record.gallery.items.length).toBeGreaterThan(0);
    const again = await runAs('drawn', { attacks: [{ attack: 'patch', epsilon: 0.5, options }] }, { resume: true });
    expect(again.record.gallery).toEqual(record.gallery);
  });

  it('makes them on a surrogate', async () => {
    const other = join(folder, 'quantised-inputs.onnx');
    const attack = { attack: 'universal', epsilon: '8/255', options };
    const { rows, record } = await runAs('surrogate', {
      attacks: [{ ...attack, surrogate: 'other' }],
      surrogates: { other },
    });
    const own = await runAs('itself', { attacks: [attack], models: { other } });
    expect(record.evaluations[1].title).toBe('Universal perturbation made on other, L∞ 8/255');
    const made = (given: OutcomeRow[]) =>
      new Set(given.flatMap(({ madeOn }) => (madeOn === undefined ? [] : [JSON.stringify(madeOn)])));
    expect(made(rows)).toEqual(made(own.rows));
  });
});
