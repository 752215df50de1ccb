import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit, auditShard, mergeShards } from '../../src/audit.ts';
import { InputError } from '../../src/index.ts';
import type { RunRecord } from '../../src/plugin/record.ts';
import { openRun } from '../../src/run/open.ts';
import { holds, parseShard } from '../../src/run/shard.ts';
import { bytesOf, differing, resolved, smallAudit } from './folders.ts';

const config = smallAudit(10);
let folder: string;
let whole: Map<string, string>;
let verdict: RunRecord['verdict'];
const at = (name: string) => join(folder, name);
const merge = async (output: string, ...shards: string[]) =>
  mergeShards(await resolved(config, at(output)), shards.map(at));
const refusal = async (output: string, ...shards: string[]): Promise<string> => {
  const error = await merge(output, ...shards).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).message;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofhouse-shards-'));
  ({
    record: { verdict },
  } = await audit(await resolved(config, at('whole'))));
  whole = await bytesOf(at('whole'));
  for (const index of [1, 2, 3]) await auditShard(await resolved(config, at(`s${index}`)), { index, count: 3 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('which shard holds an example', () => {
  it('is exactly one, for any ids and any number of shards', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), (id, count) => {
        const holding = Array.from({ length: count }, (_, i) => holds({ index: i + 1, count }, id)).filter(Boolean);
        return holding.length === 1;
      }),
    );
  });

  it('spreads ids evenly: each of 4 shards gets 2500 of 10,000 within five standard deviations', () => {
    for (const index of [1, 2, 3, 4]) {
      let held = 0;
      for (let i = 0; i < 10_000; i++) if (holds({ index, count: 4 }, `images/${i}.png`)) held++;
      expect(Math.abs(held - 2500)).toBeLessThan(5 * Math.sqrt(10_000 * 0.25 * 0.75));
    }
  });

  it.each(['0/3', '4/3', 'x', '1', '1/0', '-1/3', '1.5/3', '1/99999', '1/3/5', ''])('cannot be %j', (text) => {
    expect(() => parseShard(text)).toThrow(InputError);
  });
  it('is read from i/n', () => expect(parseShard('3/3')).toEqual({ index: 3, count: 3 }));
});

describe('three shards merged', () => {
  it('are the bytes of the run that was not divided, probes on a part of the images included', async () => {
    const { record } = await merge('merged', 's3', 's1', 's2');
    expect(record.verdict).toEqual(verdict);
    expect(verdict.status).toBe('fail');
    expect(differing(await bytesOf(at('merged')), whole)).toEqual([]);
    expect([...whole.keys()]).toContain('report.html');
  });

  it.each([1, 2, 20])('as are %i', async (count) => {
    const names = Array.from({ length: count }, (_, i) => `of${count}-${i + 1}`);
    for (const [i, name] of names.entries())
      await auditShard(await resolved({ ...config, attacks: [], audits: ['robust-accuracy'], gates: [] }, at(name)), {
        index: i + 1,
        count,
      });
    const clean = { ...config, attacks: [], audits: ['robust-accuracy'], gates: [] };
    await audit(await resolved(clean, at(`whole${count}`)));
    await mergeShards(await resolved(clean, at(`merged${count}`)), names.map(at));
    expect(differing(await bytesOf(at(`merged${count}`)), await bytesOf(at(`whole${count}`)))).toEqual([]);
  });
});

describe('a shard that cannot be merged gets a sentence', () => {
  it('when it is missing', async () => {
    expect(await refusal('m', 's1', 's3')).toContain('Shard 2/3 is missing.');
    expect(await refusal('m', 's2')).toContain('Shards 1/3, 3/3 are missing.');
  });

  it('when it is there twice', async () => {
    expect(await refusal('m', 's1', 's2', 's2', 's3')).toContain('Shard 2/3 is there 2 times: s2, s2.');
  });

  it('when it is of another run', async () => {
    await auditShard(await resolved({ ...config, seed: 9 }, at('seeded')), { index: 2, count: 3 });
    expect(await refusal('m', 's1', 'seeded', 's3')).toContain(
      "seeded holds shard 2/3 of another run: seed differs from this config's.",
    );
  });

  it('when it is of another division', async () => {
    await auditShard(await resolved({ ...config, attacks: [], audits: ['robust-accuracy'], gates: [] }, at('half')), {
      index: 2,
      count: 2,
    });
    const message = await refusal('m', 's1', 'half', 's3');
    expect(message).toContain('half holds shard 2/2, but s1 is one of 3.');
    expect(message).toContain('Shard 2/3 is missing.');
  });

  it('when it is cut, without calling it missing too', async () => {
    await cp(at('s2'), at('cut'), { recursive: true });
    await truncate(join(at('cut'), 'outcomes.ndjson'), 1000);
    const message = await refusal('m', 's1', 'cut', 's3');
    expect(message).toContain('cut/outcomes.ndjson was cut or changed since shard 2/3 was written.');
    expect(message).not.toContain('missing.');
  });

  it('when a row was taken out and the digests forged', async () => {
    await cp(at('s2'), at('forged'), { recursive: true });
    const file = join(at('forged'), 'outcomes.ndjson');
    const rows = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, rows.slice(1).join('\n'));
    const digests = JSON.parse(await readFile(join(at('forged'), 'digests.json'), 'utf8'));
    delete digests.files['outcomes.ndjson'];
    await writeFile(join(at('forged'), 'digests.json'), JSON.stringify(digests));
    expect(await refusal('m', 's1', 'forged', 's3')).toMatch(/^forged lacks the outcome of clean for /);
  });

  it('when it did not finish', async () => {
    await cp(at('s2'), at('open'), { recursive: true });
    await rm(join(at('open'), 'digests.json'));
    expect(await refusal('m', 's1', 'open', 's3')).toContain('open holds shard 2/3, which did not finish');
  });

  it('when it is no shard at all', async () => {
    expect(await refusal('m', 's1', 'whole', 'gone')).toContain('whole holds a whole run, not a shard of one.');
    expect(await refusal('m', 's1', 's2', 'gone')).toContain('gone holds no shard: there is no manifest.json in it.');
  });

  it('when its manifest is not ours', async () => {
    await cp(at('s2'), at('hostile'), { recursive: true });
    await writeFile(join(at('hostile'), 'manifest.json'), '{"schemaVersion": 1, "shard": "2/3"}');
    expect(await refusal('m', 's1', 'hostile', 's3')).toContain('hostile/manifest.json is not what Proofhouse writes');
  });

  it('where a run is asked for', async () => {
    await expect(openRun(at('s2'))).rejects.toThrow('s2 holds shard 2/3 of a run, which judges nothing.');
  });

  it('when the merged run would replace it', async () => {
    expect(await refusal('s1', 's1', 's2', 's3')).toContain('The output folder s1 is one of the shards.');
  });
});
