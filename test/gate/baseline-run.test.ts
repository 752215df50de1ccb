/** A run beside its baseline: from a folder or a model in the same run, and what is refused before the first attack. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRecord } from '../../src/index.ts';
import { writeBaseline } from '../../src/run/baseline-folder.ts';
import { openRun } from '../../src/run/open.ts';
import { demoModel, demoRun } from '../support/demo-run.ts';

let folder: string;
let before: RunRecord;
const path = (...names: string[]) => join(folder, ...names);
const change = ({ changes }: RunRecord, evaluation: string) => {
  const found = changes?.find((one) => one.evaluation === evaluation);
  if (found === undefined) throw new Error(`no change of ${evaluation}`);
  return found;
};
const accuracy = ({ findings }: RunRecord, model: string, evaluation: string) =>
  findings[0].metrics.find((metric) => metric.model === model && metric.id === `robust-accuracy@${evaluation}`)?.value;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'proofhouse-compare-'));
  ({ record: before } = await demoRun(path('before')));
  await writeBaseline(path('baseline'), await openRun(path('before')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a stored folder', () => {
  test('of the same model: nothing changed, clean, attacked or at worst', async () => {
    const { record } = await demoRun(path('same'), { baseline: path('baseline') });
    expect(record.baseline).toEqual({
      source: 'folder',
      name: 'baseline',
      proofhouse: record.proofhouse,
      models: [{ name: 'm', sha256: before.models[0].sha256 }],
    });
    expect(record.changes?.map(({ evaluation }) => evaluation)).toEqual([
      'clean',
      'fgsm:linf:4/255',
      'pgd:linf:2/255',
      'pgd:linf:4/255',
      'worst:linf:2/255',
      'worst:linf:4/255',
    ]);
    for (const { differs, paired } of record.changes ?? []) {
      expect(differs).toEqual([]);
      expect(paired).toMatchObject({ regressed: [], improved: [], p: 1 });
    }
  });

  test('of another model: flips by id, a drop that is the difference of the accuracies, and some of them in the gallery', async () => {
    const { record } = await demoRun(path('weaker'), {
      models: { m: demoModel('standard') },
      baseline: { folder: path('baseline'), missing: 'error' },
      gallery: { images: 'show', count: 4 },
    });
    const { paired } = change(record, 'pgd:linf:4/255');
    expect(paired?.drop).toBeCloseTo(
      (accuracy(before, 'm', 'pgd:linf:4/255') ?? 0) - (accuracy(record, 'm', 'pgd:linf:4/255') ?? 0),
      12,
    );
    expect(paired?.regressed.length).toBeGreaterThan(5);
    const shown = record.gallery.items.filter(({ example, evaluation }) =>
      change(record, evaluation).paired?.regressed.includes(example),
    );
    expect(shown.length).toBeGreaterThanOrEqual(2);
  });

  test('of another attack: that evaluation is not comparable, and says why; the rest is', async () => {
    const { record } = await demoRun(path('other attack'), {
      attacks: [
        { attack: 'fgsm', epsilon: ['4/255'] },
        { attack: 'pgd', epsilon: ['2/255', '4/255'], options: { steps: 2 } },
      ],
      baseline: path('baseline'),
    });
    expect(change(record, 'pgd:linf:4/255').differs).toEqual(['its option steps: 3 before, 2 now']);
    expect(change(record, 'worst:linf:4/255').differs).toEqual(['its option steps: 3 before, 2 now']);
    expect(change(record, 'fgsm:linf:4/255').differs).toEqual([]);
  });

  test('that does not exist: a note, or bad input where the config says so', async () => {
    const { record } = await demoRun(path('first'), { baseline: path('none') });
    expect(record.baseline).toBeUndefined();
    expect(record.notes.join()).toMatch(/no baseline yet.*proofhouse baseline update/);
    const strict = { baseline: { folder: path('none'), missing: 'error' as const } };
    await expect(demoRun(path('strict'), strict)).rejects.toThrow(/baseline\.folder: there is no baseline in/);
  });

  test('that is damaged is refused before anything is attacked', async () => {
    cpSync(path('baseline'), path('damaged'), { recursive: true });
    writeFileSync(path('damaged', 'outcomes.bin'), Buffer.alloc(12));
    await expect(demoRun(path('refused'), { baseline: path('damaged') })).rejects.toThrow(/its SHA-256 differs/);
    expect(() => readFileSync(path('refused', 'manifest.json'))).toThrow();
  });
});

describe('a model in the same run', () => {
  test('meets the same attacks with the same random starts: against itself nothing flips; against another, as the folder says', async () => {
    const same = await demoRun(path('twin'), { baseline: { model: demoModel('hardened').file } });
    for (const { paired } of same.record.changes ?? []) expect(paired).toMatchObject({ regressed: [], improved: [] });

    const gates = [{ metric: 'robust-accuracy@pgd:linf:4/255', floor: 0.9, by: 'point' as const }];
    const models = { m: demoModel('standard') };
    const { record } = await demoRun(path('model'), { models, gates, baseline: { model: demoModel('hardened') } });
    const folderSays = (await demoRun(path('weaker again'), { models, baseline: path('baseline') })).record;
    expect(record.changes?.map(({ paired }) => paired)).toEqual(folderSays.changes?.map(({ paired }) => paired));
    expect(record.baseline).toMatchObject({ source: 'model', name: 'hardened.onnx', models: [{ name: 'baseline' }] });
    expect(record.models.map(({ name }) => name)).toEqual(['m', 'baseline']);
    expect(record.gates.map(({ model }) => model)).toEqual(['m']);
    expect(record.config).toMatchObject({ baseline: { model: { mean: [0.52, 0.46, 0.42] } } });
    expect(Object.keys(record.config.models as object)).toEqual(['m']);
  });

  test.each([
    [{ baseline: {} }, /names nothing/],
    [{ baseline: { folder: 'a', model: 'b.onnx' } }, /both a folder and a model/],
    [{ baseline: { model: 'no.onnx' } }, /baseline\.model: there is no file or folder no\.onnx/],
    [{ baseline: { model: demoModel('standard').file, missing: 'warn' as const } }, /is about a folder/],
    [{ baseline: demoModel('standard').file }, /expected a baseline folder/],
    [
      { baseline: { model: 'b.onnx' }, models: { a: demoModel('standard'), b: demoModel('hardened') } },
      /compared with the one model of a run; this run has 2/,
    ],
    [
      { baseline: { model: demoModel('standard').file }, models: { baseline: demoModel('standard') } },
      /choose another name/,
    ],
  ])('refused: %o', async (rest, words) => {
    await expect(demoRun(path('refused'), rest)).rejects.toThrow(words);
  });
});
