/** Runs that stop when every gate is settled: where they stop, what they leave, and that no machine or interruption moves it. */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit, auditShard, mergeShards } from '../../src/audit.ts';
import { type Config, InputError } from '../../src/index.ts';
import type { RunRecord } from '../../src/plugin/record.ts';
import { looks } from '../../src/run/early.ts';
import { rejudgeFolder } from '../../src/run/rejudge.ts';
import { clopperPearson } from '../../src/statistics/index.ts';
import { verify } from '../../src/verify.ts';
import { earlyConfig, planned, resolvedIn, writeEarlyFixture } from '../support/early-run.ts';
import { bytesOf, differing } from './folders.ts';

let folder: string;
let config: Config;
/** One model on clean images alone. */
let clean: Config;
let record: RunRecord;
let bytes: Map<string, string>;
const at = (name: string) => join(folder, name);
const resolved = (run: Config, name: string) => resolvedIn(folder, run, name);

async function rowsOf(name: string): Promise<Map<string, string>> {
  const lines = (await readFile(join(at(name), 'outcomes.ndjson'), 'utf8')).trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const { model, example, evaluation } = JSON.parse(line) as Record<string, string>;
      return [JSON.stringify([model, example, evaluation]), line];
    }),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofhouse-early-'));
  await writeEarlyFixture(folder);
  config = { ...earlyConfig(folder), gallery: { count: 4 }, reports: ['html'] };
  clean = { ...config, models: { plain: config.models.plain }, attacks: [], audits: ['robust-accuracy'] };
  ({ record } = await audit(await resolved(config, 'early')));
  bytes = await bytesOf(at('early'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a run whose gates are all clear', () => {
  it('stops when they are settled, and says so', () => {
    const { early, verdict, gates, dataset, notes } = record;
    expect(early?.planned).toBe(planned);
    expect(looks(planned)).toContain(early?.examples);
    expect(early?.examples).toBeLessThan(planned);
    expect(dataset.examples).toBe(early?.examples);
    expect(dataset.perClass.reduce((sum, count) => sum + count)).toBe(early?.examples);
    expect(verdict.status).toBe('fail');
    expect(gates.map(({ kind, verdict: each }) => `${kind} ${each}`)).toEqual([
      'floor pass',
      'floor pass',
      'floor fail',
      'floor pass',
    ]);
    for (const { method, why } of gates) {
      expect(method).toBe('betting confidence sequence, 95 %');
      expect(why).toMatch(/confidence sequence after \d+ of 72 examples/);
    }
    expect(notes.join('\n')).toContain(`attacking stopped at ${early?.examples} of 72 examples`);
  });

  it('leaves the outcomes of those examples as the whole run has them, probes included', async () => {
    const { record: whole } = await audit(await resolved({ ...config, decide: 'all' }, 'whole'));
    expect(whole.early).toBeUndefined();
    expect(whole.dataset.examples).toBe(planned);
    const all = await rowsOf('whole');
    const some = await rowsOf('early');
    expect(some.size).toBeLessThan(all.size);
    for (const [key, line] of some) expect(all.get(key)).toBe(line);
    const probed = (rows: Map<string, string>) => [...rows.keys()].filter((key) => key.includes('model-probe')).length;
    expect(probed(some)).toBe(probed(all));
  });

  it('leaves the same bytes with other workers and batches', async () => {
    await audit(await resolved({ ...config, engine: { workers: 2, threads: 1, 'batch-size': 7 } }, 'workers'));
    expect(differing(await bytesOf(at('workers')), bytes)).toEqual([]);
  });

  it('leaves the same bytes when it was interrupted between two looks', async () => {
    const controller = new AbortController();
    const run = await resolved(config, 'cut');
    await expect(
      audit(run, {
        signal: controller.signal,
        onEvent: (event) => event.type === 'progress' && event.done >= 72 && controller.abort(),
      }),
    ).rejects.toThrow();
    await audit(run, { resume: true });
    expect(differing(await bytesOf(at('cut')), bytes)).toEqual([]);
  });

  it('is repeated and confirmed by verify', async () => {
    const told: number[] = [];
    const again = await verify(at('early'), await resolved(config, 'early'), {
      onEvent: (event) => event.type === 'progress' && told.push(event.done),
    });
    expect(again.difference).toBeUndefined();
    // Progress never goes back, whatever chunks and models come one after another.
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  it('is resumed once finished without attacking anything again', async () => {
    await audit(await resolved(config, 'early'), { resume: true });
    expect(differing(await bytesOf(at('early')), bytes)).toEqual([]);
  });
});

describe('a run that stopped, judged again', () => {
  const again = async (gates: Config['gates']) => {
    await cp(at('early'), at('again'), { recursive: true, force: true });
    const raw = { ...record.config, gates };
    return (await rejudgeFolder(at('again'), { raw, base: folder, locate: () => 'config' }, {})).record;
  };

  it('keeps every verdict, and the numbers that settled it', async () => {
    const { gates } = await again(config.gates);
    expect(gates).toEqual(record.gates);
  });

  it('judges another gate by the confidence sequence too', async () => {
    const { gates } = await again([{ metric: 'clean-accuracy', ceiling: 0.5 }]);
    for (const { verdict, method, total, planned: of } of gates) {
      expect(method).toBe('betting confidence sequence, 95 %');
      expect([verdict, total, of]).toEqual(['fail', record.early?.examples, planned]);
    }
  });

  it('refuses a gate that only all examples settle', async () => {
    const gates = again([{ metric: 'clean-accuracy', floor: 0.5, by: 'point' }]);
    await expect(gates).rejects.toThrow(/stopped early, at \d+ of 72 examples/);
    await expect(gates).rejects.toBeInstanceOf(InputError);
  });
});

describe('false-negative rates', () => {
  it('are settled over the positives that were planned', async () => {
    const gates = [{ metric: 'fnr.class-0@clean', ceiling: 0.9 }];
    const fnr = { ...clean, audits: ['subgroup-fnr'], gates };
    const { record: told } = await audit(await resolved(fnr, 'fnr'));
    expect(told.early?.examples).toBeLessThan(planned);
    expect(told.gates[0]).toMatchObject({ verdict: 'pass' });
    expect(told.gates[0].why).toMatch(/after \d+ of \d+ examples/);
    expect(told.gates[0].why).not.toContain('of 72');
  });
});

describe('a run that cannot stop early', () => {
  it('goes on to the end of the data while a gate is open', async () => {
    const { findings } = (await audit(await resolved({ ...clean, decide: 'all', gates: [] }, 'clean'))).record;
    const accuracy = findings[0].metrics.find(({ id, model }) => id === 'clean-accuracy' && model === 'plain');
    const gates = [{ metric: 'clean-accuracy', floor: accuracy?.value ?? 0 }];
    const { record: open } = await audit(await resolved({ ...clean, gates }, 'open'));
    expect(open.early).toEqual({ examples: planned, planned });
    expect(open.gates[0]).toMatchObject({ verdict: 'inconclusive', method: 'betting confidence sequence, 95 %' });
    expect(open.verdict.status).toBe('inconclusive');
  });

  it('judges all gates once, at the end, where one has no sequential test, and says which', async () => {
    const gates = [
      { metric: 'clean-accuracy', floor: 0.5 },
      { metric: 'clean-accuracy', ceiling: 1, by: 'point' as const },
    ];
    const told: string[] = [];
    const { record: whole } = await audit(await resolved({ ...clean, gates }, 'mixed'), {
      onEvent: (event) => event.type === 'note' && told.push(event.text),
    });
    expect(told.join('\n')).toContain('ceiling clean-accuracy (a point estimate is judged once, over all examples)');
    expect(whole.notes.join('\n')).toContain('ceiling clean-accuracy (a point estimate');
    expect(whole.early).toBeUndefined();
    expect(whole.dataset.examples).toBe(planned);
    const { measured, total = 0, low } = whole.gates[0];
    expect(low).toBe(clopperPearson({ count: Math.round((measured ?? 0) * total), total }).low);
  });

  it('is refused without gates, and in shards', async () => {
    const refused = async (work: Promise<unknown>) => {
      const error = await work.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(InputError);
      return (error as InputError).message;
    };
    expect(await refused(audit(await resolved({ ...config, gates: [] }, 'none')))).toContain('sets no gate');
    const run = await resolved(config, 'shard');
    expect(await refused(auditShard(run, { index: 1, count: 2 }))).toContain('shards exclude each other');
    expect(await refused(mergeShards(run, [at('a')]))).toContain('shards exclude each other');
    await expect(resolved({ ...config, decide: 'soon' as 'early' }, 'soon')).rejects.toThrow(/decide/);
  });
});

describe('looks', () => {
  it('begin at 32 examples, are at most a tenth of those attacked apart, and end with the data', () => {
    expect(looks(10)).toEqual([10]);
    expect(looks(100)).toEqual([32, 64, 96, 100]);
    const many = looks(10_000);
    expect(many.at(-1)).toBe(10_000);
    expect(many.length).toBeLessThan(60);
    for (const [index, end] of many.entries())
      if (index > 0) expect(end - many[index - 1]).toBeLessThanOrEqual(Math.max(32, 0.1 * many[index - 1]));
  });
});
