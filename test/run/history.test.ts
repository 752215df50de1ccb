import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { audit } from '../../src/audit.ts';
import { readHistory } from '../../src/run/history.ts';
import { verify } from '../../src/verify.ts';
import { resolved, smallAudit } from './folders.ts';

const metric = 'robust-accuracy@fgsm:linf:2/255';
let folder: string;
const at = (name: string) => join(folder, name);
const config = () => ({
  ...smallAudit(4),
  attacks: [{ attack: 'fgsm', epsilon: ['2/255'] }],
  audits: ['robust-accuracy'],
  gates: [{ metric, floor: 0, by: 'point' as const }],
  history: at('history.jsonl'),
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofhouse-history-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

describe('the history file', () => {
  it('gets one line for each run, which the next record holds before its own', async () => {
    vi.stubEnv('GITHUB_SHA', '0123456789abcdef0123456789abcdef01234567');
    const { record: first } = await audit(await resolved(config(), at('first')));
    const { record: second } = await audit(await resolved(config(), at('second')));
    const lines = await readHistory(at('history.jsonl'));
    expect(lines).toHaveLength(2);
    expect(second.history?.slice(0, 1)).toEqual(lines.slice(0, 1));
    const { date, ...entry } = lines[1];
    expect(Date.parse(date as string)).toBeGreaterThan(Date.parse('2020-01-01'));
    expect(second.history?.at(-1)).toEqual(entry);
    expect(entry).toMatchObject({ commit: '0123456789abcdef0123456789abcdef01234567', verdict: 'pass' });
    expect(entry.dataset).toBe(first.dataset.sha256);
    const measured = first.findings.flatMap(({ metrics }) => metrics).filter(({ id }) => id === metric);
    expect(entry.metrics.filter(({ id }) => id === metric)).toEqual(
      measured.map(({ id, model, value }) => ({ id, model, value })),
    );
    expect(measured).toHaveLength(2);
  });

  it('does not keep a run from being verified later, on another commit, nor from being resumed', async () => {
    vi.stubEnv('GITHUB_SHA', 'aaaaaaaaaaaa');
    const run = await resolved(config(), at('run'));
    await audit(run);
    await audit(await resolved(config(), at('other')));
    const bytes = await readFile(at('run/results.json'), 'utf8');
    vi.stubEnv('GITHUB_SHA', 'bbbbbbbbbbbb');
    expect((await verify(at('run'), run)).difference).toBeUndefined();
    await audit(run, { resume: true });
    expect(await readFile(at('run/results.json'), 'utf8')).toBe(bytes);
    expect(await readHistory(at('history.jsonl'))).toHaveLength(2);
  });

  it.each([
    ['not json', 'history.jsonl:2 is not JSON'],
    ['{"schemaVersion":1,"verdict":"fine","dataset":"","metrics":[]}', 'history.jsonl:2 is not what Proofhouse writes'],
    ['{"schemaVersion":2}', 'history.jsonl:2 is of schema version 2'],
  ])('names the line that is damaged: %s', async (line, message) => {
    const whole = '{"schemaVersion":1,"verdict":"pass","dataset":"","metrics":[]}';
    await writeFile(at('history.jsonl'), `${whole}\n${line}\n${whole}\n`);
    await expect(readHistory(at('history.jsonl'))).rejects.toThrow(message);
  });

  it('may be as long as it likes: the last hundred lines are shown', async () => {
    const line = (value: number) =>
      JSON.stringify({
        schemaVersion: 1,
        verdict: 'pass',
        dataset: '',
        metrics: [{ id: 'clean-accuracy', model: 'm', value }],
      });
    await writeFile(at('history.jsonl'), Array.from({ length: 250 }, (_, i) => `${line(i)}\n`).join(''));
    const lines = await readHistory(at('history.jsonl'));
    expect(lines.map(({ metrics }) => metrics[0].value)).toEqual(Array.from({ length: 100 }, (_, i) => 150 + i));
  });
});
