/** What a verdict rests on beside models and images: a day, a baseline, accepted risks, a card, a history; repeated, or named where it changed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { audit, auditShard } from '../../src/audit.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import type { Config } from '../../src/index.ts';
import { writeBaseline } from '../../src/run/baseline-folder.ts';
import { openRun } from '../../src/run/open.ts';
import { rejudge, rejudgeFolder } from '../../src/run/rejudge.ts';
import { verify } from '../../src/verify.ts';
import { demoModel } from '../support/demo-run.ts';
import { projectFolder, resolved, smallAudit } from './folders.ts';

let folder: string;
const at = (name: string) => join(folder, name);
const drop = { rule: 'max-drop' as const, metric: 'clean-accuracy' };
const floor = { metric: 'clean-accuracy', floor: 1, by: 'point' as const };
const clean = (rest: Partial<Config>): Config => ({
  ...smallAudit(20),
  models: { standard: demoModel('standard') },
  attacks: [],
  audits: ['robust-accuracy'],
  gates: [floor],
  gallery: { images: 'off' },
  reports: ['summary'],
  ...rest,
});
const verifying = async (run: string, config: Config) => verify(at(run), await resolved(config, at('elsewhere')));
const store = async (run: string) => writeBaseline(at('baseline'), await openRun(at(run)));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofhouse-inputs-'));
  await audit(await resolved(clean({}), at('standard')));
  await audit(await resolved(clean({ models: { standard: demoModel('hardened') } }), at('hardened')));
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a run with accepted risks', () => {
  const risk = (expires: string) => [
    { gate: 'floor clean-accuracy', model: 'standard', measured: 0, reason: 'r', owner: 'Ada', expires },
  ];
  const config = () => clean({ 'accepted-risks': at('risks.json') });

  it('is verified after they expired, by the day it was judged on; not with other risks', async () => {
    await writeFile(at('risks.json'), JSON.stringify(risk('2030-01-31')));
    vi.stubEnv('SOURCE_DATE_EPOCH', String(Date.UTC(2030, 0, 31) / 1000));
    const { record } = await audit(await resolved(config(), at('accepting')));
    expect(record.gating.judgedOn).toBe('2030-01-31');
    expect(record.gates[0]).toMatchObject({ verdict: 'fail', effect: 'warns' });
    vi.stubEnv('SOURCE_DATE_EPOCH', String(Date.UTC(2030, 1, 1) / 1000));
    expect((await verifying('accepting', config())).difference).toBeUndefined();

    await writeFile(at('risks.json'), JSON.stringify(risk('2031-01-31')));
    await expect(verifying('accepting', config())).rejects.toThrow(
      /this differs: the accepted risks \(sha256 \w{12}… then, sha256 \w{12}… now\)/,
    );
  });
});

describe('a run compared with a stored baseline', () => {
  const config = () => clean({ baseline: at('baseline'), gates: [drop] });

  it('is verified while the baseline is the same, a run folder of the same outcomes included; refused once it was updated', async () => {
    await store('standard');
    await audit(await resolved(config(), at('compared')));
    expect((await verifying('compared', config())).difference).toBeUndefined();
    const { manifest } = await openRun(at('compared'));
    await audit(await resolved(clean({ baseline: at('standard'), gates: [drop] }), at('beside a run')));
    expect((await openRun(at('beside a run'))).manifest.inputs).toEqual(manifest.inputs);

    await store('hardened');
    await expect(verifying('compared', config())).rejects.toThrow(/this differs: the baseline \(sha256 \w{12}… then/);
  });

  it('is verified when its folder became the baseline only afterwards', async () => {
    const written = clean({ baseline: at('first'), gates: [drop] });
    await audit(await resolved(written, at('before any')));
    await writeBaseline(at('first'), await openRun(at('before any')));
    expect((await verifying('before any', written)).difference).toBeUndefined();
  });

  it('in shards is verified whatever the baseline is: a shard judges nothing', async () => {
    await store('standard');
    await auditShard(await resolved(config(), at('shard')), { index: 1, count: 2 });
    await store('hardened');
    expect((await verifying('shard', config())).difference).toBeUndefined();
  });
});

describe('flags that change results', () => {
  it('stand in the command and are taken up again: --history, --context, --baseline', async () => {
    await store('standard');
    const options = { base: folder, name: 'p.yaml', cwd: folder };
    const flags = { history: 'h.jsonl', context: 'pull-request', failOn: 'warn', baseline: 'baseline' };
    const written = { ...clean({ gates: [drop] }), output: at('flagged') };
    const run = await resolveConfig(written, { ...options, flags });
    await audit(run);
    const { manifest, record } = await openRun(at('flagged'));
    for (const flag of ['--history', '--context pull-request', '--fail-on warn', '--baseline'])
      expect(manifest.command).toContain(flag);
    expect(record.history).toHaveLength(1);
    const again = await resolveConfig(written, { ...options, flags: manifest.invocation.flags });
    expect((await verify(at('flagged'), again)).difference).toBeUndefined();
  });
});

describe('gates judged again', () => {
  it.each<[string, Partial<Config>]>([
    ['a baseline of the same file', { baseline: 'baseline' }],
    ['a baseline that is not there, which warns', { baseline: 'none yet' }],
    ['a baseline model', { baseline: { model: demoModel('hardened') } }],
    ['no baseline', {}],
  ])('say what a fresh run says, with %s', async (_, { baseline }) => {
    await store('standard');
    const named = typeof baseline === 'string' ? { baseline: at(baseline) } : baseline ? { baseline } : {};
    const config = clean({ ...named, gates: [drop, floor] });
    const { record } = await audit(await resolved(config, at('fresh')), { overwrite: true });
    const source = { raw: { ...config, output: at('fresh') }, base: projectFolder, locate: () => 'p.yaml' };
    const again = await rejudge(await openRun(at('fresh')), source);
    expect(again.gates).toEqual(record.gates);
    expect(again.verdict).toEqual(record.verdict);
  });

  it('are an error without the baseline that must be there', async () => {
    const baseline = { folder: at('none yet'), missing: 'error' as const };
    const source = { raw: clean({ baseline, gates: [drop] }), base: projectFolder, locate: () => 'p.yaml' };
    const { gates } = await rejudge(await openRun(at('standard')), source);
    expect(gates[0]).toMatchObject({ verdict: 'error', effect: 'blocks' });
  });

  it('keep the context of the run, and renew its own line of the history', async () => {
    const config = clean({ gates: [{ ...floor, floor: 0 }], history: at('lines.jsonl') });
    const run = await resolveConfig(
      { ...config, output: at('own') },
      {
        base: projectFolder,
        flags: { context: 'pull-request' },
      },
    );
    await audit(run);
    expect((await rejudgeFolder(at('own'), undefined, {})).record.gating.context).toBe('pull-request');
    const stricter = { raw: clean({ gates: [floor] }), base: projectFolder, locate: () => 'p.yaml' };
    const { record } = await rejudgeFolder(at('own'), stricter, {});
    expect(record.verdict.status).toBe('fail');
    expect(record.history?.map(({ verdict }) => verdict)).toEqual(['fail']);
  });
});
