/** Deciding early by rules beside floors: regressions against a folder and a model, subgroups, presets, attacks that learn; and what cannot be. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audit } from '../../src/audit.ts';
import { type Config, InputError } from '../../src/index.ts';
import type { GateResult, RunRecord } from '../../src/plugin/record.ts';
import { writeBaseline } from '../../src/run/baseline-folder.ts';
import { openRun } from '../../src/run/open.ts';
import { rejudgeFolder } from '../../src/run/rejudge.ts';
import { verify } from '../../src/verify.ts';
import { earlyConfig, planned, resolvedIn, writeEarlyFixture } from '../support/early-run.ts';

let folder: string;
let base: Config;
const at = (name: string) => join(folder, name);
const run = async (name: string, changes: Partial<Config>): Promise<RunRecord> =>
  (await audit(await resolvedIn(folder, { ...base, ...changes }, name))).record;
const model = (name: 'plain' | 'masked') => ({ m: base.models[name] });
const gateOf = ({ gates }: RunRecord, kind: string): GateResult => {
  const found = gates.find((gate) => gate.kind === kind);
  if (found === undefined) throw new Error(`no gate ${kind}`);
  return found;
};
const drop = { rule: 'max-drop' as const, metric: 'robust-accuracy@fgsm:linf:8/255', margin: 0.05 };
const rejected = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).message;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofhouse-early-rules-'));
  await writeEarlyFixture(folder);
  base = { ...earlyConfig(folder), audits: ['robust-accuracy'] };
  await run('before', { models: model('masked'), decide: 'all', gates: [] });
  await writeBaseline(at('baseline'), await openRun(at('before')));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('max-drop', () => {
  test('against a stored folder, of which the examples that were attacked count, is settled by a clear drop', async () => {
    const record = await run('weaker', { models: model('plain'), baseline: at('baseline'), gates: [drop] });
    expect(record.early).toEqual({ examples: 32, planned });
    expect(record.dataset.examples).toBe(32);
    expect(record.verdict.status).toBe('fail');
    const gate = gateOf(record, 'max-drop');
    expect(gate).toMatchObject({ verdict: 'fail', total: 32, planned });
    expect(gate.why).toMatch(/by the confidence sequence after 32 of 72 examples, above the margin of 5 points/);
    const change = record.changes?.find(({ evaluation }) => evaluation === 'fgsm:linf:8/255');
    expect(change?.differs).toEqual([]);
    expect(change?.paired?.regressed.length).toBe(Math.round((gate.measured ?? 0) * 32));
    const again = await verify(
      at('weaker'),
      await resolvedIn(folder, { ...base, models: model('plain'), baseline: at('baseline'), gates: [drop] }, 'weaker'),
    );
    expect(again.difference).toBeUndefined();
  });

  test('against a model of the same run: the same examples, and the same verdict', async () => {
    const baseline = { model: base.models.masked };
    const record = await run('models', { models: model('plain'), baseline, gates: [drop] });
    const stored = gateOf((await openRun(at('weaker'))).record, 'max-drop');
    expect(record.early).toEqual({ examples: 32, planned });
    expect(record.gates).toEqual([{ ...stored, model: 'm' }]);
  });

  test('an unchanged model passes at the first look; with other preprocessing it has to show it', async () => {
    const changes = { baseline: at('baseline'), gates: [{ ...drop, metric: 'clean-accuracy' }] };
    const same = await run('same', { ...changes, models: model('masked') });
    expect(same.early).toEqual({ examples: 32, planned });
    expect(same.gates).toMatchObject([{ verdict: 'pass', why: expect.stringContaining('baseline’s own file') }]);
    const file = base.models.masked as string;
    const moved = await run('moved', { ...changes, models: { m: { file, mean: 0.001 } } });
    expect(moved.early?.examples).toBeGreaterThan(32);
  });

  test('judged again, keeps what settled it; asked for less, is judged where the run stopped', async () => {
    const again = async (gate: object) => {
      const raw = { ...base, models: model('plain'), baseline: at('baseline'), gates: [gate] };
      const { record } = await rejudgeFolder(at('weaker'), { raw, base: folder, locate: () => 'config' }, {});
      return gateOf(record, 'max-drop');
    };
    const { record: before } = await openRun(at('weaker'));
    expect(await again(drop)).toEqual(gateOf(before, 'max-drop'));
    expect(await again({ ...drop, margin: 0.5 })).toMatchObject({ threshold: 0.5, total: 32, planned });
  });

  test('without a baseline attacks every example, and the gate says why', async () => {
    const record = await run('first', { models: model('masked'), gates: [drop] });
    expect(record.early).toBeUndefined();
    expect(record.dataset.examples).toBe(planned);
    const { verdict, why } = gateOf(record, 'max-drop');
    expect(verdict).toBe('inconclusive');
    expect(why).toContain('could not be settled early, so every example was attacked: there is no baseline yet');
    expect(record.notes.join('\n')).toContain('no baseline yet');
  });

  test('not comparable is never settled: the run goes to its end and names it', async () => {
    const record = await run('other seed', {
      models: model('plain'),
      seed: 1,
      baseline: at('baseline'),
      gates: [drop],
    });
    expect(record.early).toEqual({ examples: planned, planned });
    expect(gateOf(record, 'max-drop').why).toContain('Not comparable with the baseline: the seed');
    expect(record.notes.join('\n')).toContain(`Open to the end: max-drop ${drop.metric} (m)`);
  });

  test('a run that stopped early is refused as a baseline, before anything is attacked', async () => {
    const stopped = await openRun(at('weaker'));
    expect(await rejected(writeBaseline(at('partial'), stopped))).toContain('stopped early, at 32 of 72 examples');
    const work = run('after', { models: model('plain'), baseline: at('weaker'), gates: [drop] });
    expect(await rejected(work)).toContain('stopped early, at 32 of 72 examples');
    await expect(readFile(join(at('after'), 'journal.ndjson'))).rejects.toThrow();
  });
});

describe('subgroups', () => {
  const worst = { rule: 'worst-subgroup' as const, metric: drop.metric, columns: 'tone' };
  test('are settled by each group’s own examples, over as many as are planned of it', async () => {
    const record = await run('worst', { models: model('plain'), gates: [{ ...worst, floor: 0.6, minimum: 10 }] });
    const gate = gateOf(record, 'worst-subgroup');
    expect(record.early).toEqual({ examples: 32, planned });
    expect(gate).toMatchObject({ verdict: 'fail', planned: planned / 2 });
    expect(gate.method).toContain('betting confidence sequence');
    expect(gate.evidence?.map(({ label, verdict }) => [label, verdict])).toEqual([
      ['dark', 'fail'],
      ['light', 'fail'],
    ]);
  });

  test('asked for otherwise after the run has stopped are refused, for nobody knows how many were planned', async () => {
    const raw = { ...base, models: model('plain'), gates: [{ ...worst, floor: 0.5, minimum: 10 }] };
    const work = rejudgeFolder(at('worst'), { raw, base: folder, locate: () => 'config' }, {});
    expect(await rejected(work)).toContain('by tone');
  });

  test('of which a gap stays open go on to the end, and are judged there by what looking left', async () => {
    const gap = { rule: 'subgroup-gap' as const, metric: 'clean-accuracy', columns: 'tone', tolerance: 0.05 };
    const record = await run('gap', { models: model('plain'), gates: [gap] });
    expect(record.early).toEqual({ examples: planned, planned });
    expect(gateOf(record, 'subgroup-gap').method).toMatch(/permutation.*half of α = 0.05/);
  });
});

describe('a preset', () => {
  test('may end a run early: the attacks’ health is judged where it stops, once its probes are whole', async () => {
    const record = await run('preset', {
      models: model('plain'),
      audits: ['robust-accuracy', { audit: 'evaluation-health', options: { examples: 40 } }],
      baseline: at('baseline'),
      gates: [
        'recommended',
        // Equal to a point takes more than 72 images.
        { rule: 'max-drop', metric: 'clean-accuracy', level: 'off' },
        { rule: 'subgroup-gap', metric: 'clean-accuracy', columns: 'tone', tolerance: 0.05, level: 'off' },
      ],
    });
    expect(record.early?.examples).toBe(64);
    expect(gateOf(record, 'max-drop')).toMatchObject({ verdict: 'fail', total: 64, planned });
    expect(gateOf(record, 'attack-health').measured).not.toBeNull();
  });

  test('that asks for nothing but health attacks every example', async () => {
    const audits = ['robust-accuracy', { audit: 'evaluation-health', options: { examples: 4 } }];
    const gates = [{ rule: 'attack-health' as const }];
    const record = await run('health', { models: model('plain'), audits, gates });
    expect(record.early).toBeUndefined();
    expect(gateOf(record, 'attack-health').why).toContain('no other gate does');
  });
});

test('attacks that learn from data learn from all of it: examples have the outcomes that they have in a whole run', async () => {
  const attacks = [{ attack: 'universal', epsilon: '8/255', options: { steps: 15, batch: 8 } }];
  const gates = [{ metric: 'clean-accuracy', floor: 0.5 }];
  const rowsIn = async (name: string, decide: 'early' | 'all') => {
    const record = await run(name, { models: model('plain'), attacks, gates, decide });
    const lines = (await readFile(join(at(name), 'outcomes.ndjson'), 'utf8')).trimEnd().split('\n');
    return { record, lines };
  };
  const early = await rowsIn('learns', 'early');
  const whole = await rowsIn('learns from all', 'all');
  expect(early.record.early).toEqual({ examples: 32, planned });
  expect(early.lines.length).toBeLessThan(whole.lines.length);
  expect(early.lines.filter((line) => !whole.lines.includes(line))).toEqual([]);
});
