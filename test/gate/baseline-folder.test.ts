/** The stored baseline: what was right comes back bit by bit, the same run gives the same bytes, and nothing damaged is believed. */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packBits, unpackBits } from '../../src/gate/bits.ts';
import { changesBetween } from '../../src/gate/changes.ts';
import { InputError } from '../../src/index.ts';
import { readBaseline, standingsOfRun, writeBaseline } from '../../src/run/baseline-folder.ts';
import { type FinishedRun, openRun } from '../../src/run/open.ts';
import { demoRun } from '../support/demo-run.ts';

let folder: string;
let run: FinishedRun;
const path = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'proofhouse-baseline-'));
  await demoRun(path('run'));
  run = await openRun(path('run'));
  await writeBaseline(path('baseline'), run);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('bits survive packing, in ⌈n/8⌉ bytes a column', () => {
  const columns = fc.integer({ min: 1, max: 70 }).chain((length) =>
    fc.array(fc.array(fc.constantFrom(0, 1), { minLength: length, maxLength: length }), {
      minLength: 1,
      maxLength: 9,
    }),
  );
  fc.assert(
    fc.property(columns, (bits) => {
      const [{ length }] = bits;
      const packed = packBits(bits.map((column) => Uint8Array.from(column)));
      expect(packed.length).toBe(bits.length * Math.ceil(length / 8));
      bits.forEach((column, index) => expect([...unpackBits(packed, index, length)]).toEqual(column));
    }),
  );
});

test('10,000 examples under 8 evaluations take 10 kB', () => {
  expect(packBits(Array.from({ length: 8 }, () => new Uint8Array(10_000))).length).toBe(10_000);
});

test('the layout is as documented: the lowest bit of the first byte first', () => {
  expect([
    ...packBits([Uint8Array.from([1, 1, 0, 0, 0, 0, 0, 0, 1]), Uint8Array.from([0, 0, 1, 0, 0, 0, 0, 0, 0])]),
  ]).toEqual([3, 1, 4, 0]);
});

test('a stored run is the run: nothing flips, nothing differs', async () => {
  const { standings, metrics } = await readBaseline(path('baseline'));
  for (const { differs, paired } of changesBetween(standings, standingsOfRun(run), run.input.examples)) {
    expect(differs).toEqual([]);
    expect(paired).toMatchObject({ total: 21, regressed: [], improved: [] });
  }
  expect(metrics.map(({ id }) => id)).toContain('robust-accuracy@worst:linf:4/255');
});

test('the bits are those of the rows', async () => {
  const { standings } = await readBaseline(path('baseline'));
  const rows = run.input.rows('m', 'pgd:linf:4/255');
  const right = rows?.map(({ success }) => (success ? 0 : 1));
  expect([...(standings.stands('m', 'pgd:linf:4/255') ?? [])]).toEqual(right);
  expect(new Set(right).size).toBe(2);
});

test('the same bytes from the same run, and nothing in them that names the machine', async () => {
  await demoRun(path('other-place'), { engine: { 'batch-size': 4, workers: 2 } });
  await writeBaseline(path('again'), await openRun(path('other-place')));
  for (const file of ['baseline.json', 'outcomes.bin'])
    expect(readFileSync(path('again', file)).equals(readFileSync(path('baseline', file)))).toBe(true);
  expect(readFileSync(path('baseline', 'baseline.json'), 'utf8')).not.toContain(folder);
  expect(statSync(path('baseline', 'outcomes.bin')).size).toBe(4 * 3);
});

describe('a folder that cannot be believed is refused in a sentence', () => {
  const description = () =>
    JSON.parse(readFileSync(path('baseline', 'baseline.json'), 'utf8')) as Record<string, never>;
  const rewrite = (change: (written: Record<string, never>) => unknown) => (to: string) =>
    writeFileSync(join(to, 'baseline.json'), JSON.stringify(change(description())));
  const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

  test.each<[string, (to: string) => void, RegExp]>([
    ['no description', (to) => rmSync(join(to, 'baseline.json')), /baseline\.json cannot be read: ENOENT/],
    ['no bits', (to) => rmSync(join(to, 'outcomes.bin')), /outcomes\.bin cannot be read: ENOENT/],
    [
      'bits cut short',
      (to) => truncateSync(join(to, 'outcomes.bin'), 5),
      /outcomes\.bin is cut short: 5 bytes, not 12/,
    ],
    [
      'more bits',
      (to) => writeFileSync(join(to, 'outcomes.bin'), Buffer.alloc(13)),
      /too large for a baseline: 13 bytes, not 12/,
    ],
    ['other bits', (to) => writeFileSync(join(to, 'outcomes.bin'), Buffer.alloc(12)), /its SHA-256 differs/],
    ['text', (to) => writeFileSync(join(to, 'baseline.json'), 'hello'), /is not JSON/],
    ['deep nesting', (to) => writeFileSync(join(to, 'baseline.json'), nested), /nested too deeply/],
    [
      'deep options',
      (to) =>
        writeFileSync(
          join(to, 'baseline.json'),
          JSON.stringify(description()).replace('"steps":3', `"steps":${nested}`),
        ),
      /nested too deeply/,
    ],
    ['an array', (to) => writeFileSync(join(to, 'baseline.json'), '[]'), /is no baseline of Proofhouse/],
    ['null', (to) => writeFileSync(join(to, 'baseline.json'), 'null'), /is no baseline of Proofhouse/],
    [
      'a newer version',
      rewrite((d) => ({ ...d, schemaVersion: 2 })),
      /schema version 2; this Proofhouse reads up to 1/,
    ],
    ['no models', rewrite((d) => ({ ...d, models: [] })), /models: expected at least 1 value/],
    [
      'a count that is none',
      rewrite((d) => ({ ...d, dataset: { ...(d.dataset as object), examples: -3 } })),
      /dataset\.examples/,
    ],
    [
      'more examples than bits',
      rewrite((d) => ({ ...d, dataset: { ...(d.dataset as object), examples: 99 } })),
      /cut short: 12 bytes, not 52/,
    ],
    [
      'a model twice',
      rewrite((d) => ({ ...d, models: [...(d.models as object[]), ...(d.models as object[])] })),
      /lists the model m twice/,
    ],
    [
      'outcomes of nothing',
      rewrite((d) => ({ ...d, evaluations: (d.evaluations as { id: string }[]).slice(0, 3) })),
      /outcomes of pgd:linf:4\/255 on m, which it does not list/,
    ],
  ])('%s', async (_, damage, words) => {
    cpSync(path('baseline'), path('damaged'), { recursive: true });
    damage(path('damaged'));
    const refusal = await readBaseline(path('damaged')).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(InputError);
    expect((refusal as InputError).message).toMatch(words);
    expect((refusal as InputError).fix).toBeDefined();
    rmSync(path('damaged'), { recursive: true });
  });

  test('a folder that cannot be made', async () => {
    writeFileSync(path('file'), '');
    await expect(writeBaseline(path('file'), run)).rejects.toThrow(/baseline folder file cannot be made/);
  });
});
