/** `results.json`, JUnit and summary of runs and shards that do not end: marked, by their schemas, without stack traces or folders, never in place of a finished record. */
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit, auditShard, mergeShards } from '../../src/audit.ts';
import type { Config } from '../../src/index.ts';
import type { PartialRecord } from '../../src/plugin/index.ts';
import { loadPlugins } from '../../src/plugins.ts';
import { openRun } from '../../src/run/open.ts';
import { renderAgain } from '../../src/run/render-again.ts';
import { openSide } from '../../src/run/side.ts';
import { verify } from '../../src/verify.ts';
import { demoModel } from '../support/demo-run.ts';
import { resolved, smallAudit } from './folders.ts';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const clean = (rest: Partial<Config> = {}): Config => ({
  ...smallAudit(6),
  models: { m: demoModel('standard') },
  attacks: [],
  audits: ['robust-accuracy'],
  gates: [],
  gallery: { images: 'off' },
  reports: ['summary', 'junit'],
  ...rest,
});
const validate = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/partial.json'), 'utf8')) as object,
);

async function held(run: string): Promise<PartialRecord> {
  const text = await readFile(at(run, 'results.json'), 'utf8');
  const record = JSON.parse(text) as PartialRecord;
  expect(validate(record), JSON.stringify(validate.errors)).toBe(true);
  expect(text).not.toContain(folder);
  expect(text).not.toMatch(/\\n +at /);
  expect(record.verdict.status).toBe('error');
  const [junit, summary] = await Promise.all(
    ['junit.xml', 'summary.md'].map((file) => readFile(at(run, file), 'utf8').catch(() => '')),
  );
  if (junit !== '') {
    expect(junit).toContain('<testsuites name="proofhouse" tests="1" failures="0" errors="1">');
    expect(junit).toContain(`<error type="${record.partial.kind}" message="${record.verdict.sentence}">`);
    expect(junit).not.toContain(folder);
    expect(summary).toContain(record.verdict.sentence);
  }
  return record;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofhouse-partial-'));
  await writeFile(at('garbage.onnx'), 'no model');
  await writeFile(
    at('broken.mjs'),
    `import { defineReport, z } from 'proofhouse/plugin';
export default defineReport({ name: 'broken', title: 'Broken', file: 'broken.txt', options: z.strictObject({}),
  render() { throw new Error('no such thing: ${folder}/a/secret.txt'); } });`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const unreadable = () => clean({ models: { m: at('garbage.onnx') } });

describe('bad input found after the folder was made', () => {
  it('is told, and every command that reads a run says so and how to go on', async () => {
    await expect(audit(await resolved(unreadable(), at('bad')))).rejects.toThrow('garbage.onnx');
    const { partial, verdict } = await held('bad');
    expect(partial).toMatchObject({ kind: 'bad input', stage: 'reading models' });
    expect(partial.error).toContain('garbage.onnx');
    expect(await readFile(at('bad', 'junit.xml'), 'utf8')).toContain('garbage.onnx');
    expect(verdict.sentence).toContain('no gate was judged');
    const plugins = await loadPlugins([], folder);
    const sentence = 'bad/results.json is of a run that was stopped by an error in its input while reading models';
    await expect(openRun(at('bad'))).rejects.toThrow(sentence);
    await expect(openSide(at('bad'))).rejects.toThrow(sentence);
    await expect(renderAgain(at('bad'), { output: at('bad'), plugins })).rejects.toThrow(sentence);
    await expect(verify(at('bad'), await resolved(clean(), at('x')))).rejects.toThrow(sentence);
    await expect(verify(at('bad'), await resolved(clean(), at('x')))).rejects.toThrow('--resume');
  });

  it.each([true, false])('is mended by a run with resume: %s', async (resume) => {
    const name = `mended ${resume}`;
    await expect(audit(await resolved(unreadable(), at(name)))).rejects.toThrow('garbage.onnx');
    await audit(await resolved(clean(), at(name)), { resume });
    expect((await openRun(at(name))).record.verdict.status).toBe('not applicable');
  });

  it('leaves a finished record as it is', async () => {
    await audit(await resolved(clean(), at('finished')));
    const before = await readFile(at('finished', 'results.json'), 'utf8');
    for (const hooks of [{ overwrite: true }, { resume: true }, {}])
      await expect(audit(await resolved(unreadable(), at('finished')), hooks)).rejects.toThrow();
    expect(await readFile(at('finished', 'results.json'), 'utf8')).toBe(before);
  });
});

describe('a run that is stopped', () => {
  const attacked = () => clean({ attacks: [{ attack: 'pgd', epsilon: '2/255', options: { steps: 2 } }] });

  it('says so while it works, when it is interrupted, and no more once it ends', async () => {
    const controller = new AbortController();
    const kinds: string[] = [];
    const interrupted = audit(await resolved(attacked(), at('stopped')), {
      signal: controller.signal,
      onEvent: ({ type }) => {
        if (type !== 'progress') return;
        kinds.push((JSON.parse(readFileSync(at('stopped', 'results.json'), 'utf8')) as PartialRecord).partial.kind);
        controller.abort();
      },
    });
    await expect(interrupted).rejects.toThrow();
    expect(new Set(kinds)).toEqual(new Set(['unfinished']));
    expect((await held('stopped')).partial).toMatchObject({ kind: 'interrupted', stage: 'attacking' });
    await expect(openRun(at('stopped'))).rejects.toThrow('was interrupted while attacking');
    const { record } = await audit(await resolved(attacked(), at('stopped')), { resume: true });
    expect((await openRun(at('stopped'))).record).toEqual(JSON.parse(JSON.stringify(record)));
  });

  it('by a defect is told apart, without the folders of its message', async () => {
    const config = clean({ plugins: [at('broken.mjs')], reports: ['broken', 'summary', 'junit'] });
    await expect(audit(await resolved(config, at('defect')))).rejects.toThrow('no such thing');
    expect(await readFile(at('defect', 'junit.xml'), 'utf8')).toContain('no such thing: secret.txt');
    expect((await held('defect')).partial).toMatchObject({
      kind: 'defect',
      stage: 'writing',
      error: 'no such thing: secret.txt',
    });
  });
});

describe('a shard that is stopped', () => {
  const shard = { index: 1, count: 2 };

  it('says why, is named so by merge, and holds no such word once it ends', async () => {
    await auditShard(await resolved(clean(), at('second')), { index: 2, count: 2 });
    const controller = new AbortController();
    const onEvent = ({ type }: { type: string }) => type === 'progress' && controller.abort();
    const hooks = { signal: controller.signal, onEvent };
    await expect(auditShard(await resolved(clean(), at('first')), shard, hooks)).rejects.toThrow();
    expect((await held('first')).partial).toMatchObject({ kind: 'interrupted', stage: 'attacking' });
    const merging = async () => mergeShards(await resolved(clean(), at('merged')), [at('first'), at('second')]);
    await expect(merging()).rejects.toThrow(
      'first holds shard 1/2, which did not finish: first/results.json is of a run that was interrupted while attacking.',
    );
    expect((await held('merged')).partial).toMatchObject({
      kind: 'bad input',
      stage: 'reading shards',
      resume: expect.stringContaining('merge again'),
    });
    await auditShard(await resolved(clean(), at('first')), shard, { resume: true });
    expect((await readdir(at('first'))).toSorted()).toEqual((await readdir(at('second'))).toSorted());
    expect((await merging()).record.verdict.status).toBe('not applicable');
    expect(await readFile(at('merged', 'junit.xml'), 'utf8')).not.toContain('<error');
  });

  it('before it had a manifest is named too', async () => {
    await expect(auditShard(await resolved(unreadable(), at('early')), shard)).rejects.toThrow('garbage.onnx');
    const merging = mergeShards(await resolved(clean(), at('none')), [at('early'), at('second')]);
    await expect(merging).rejects.toThrow(/early\/results\.json is of a run that was stopped .*garbage\.onnx/);
    await expect(merging).rejects.toThrow('Shard 1/2 is missing.');
  });
});
