/** False-negative rates by subgroup on hand-counted rows, and the laws that hold for any rows. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import subgroupFnr from '../../audits/subgroup-fnr.ts';
import { type Finding, InputError, type Metric } from '../../src/plugin/index.ts';
import { fisherExact, newcombe, wilson } from '../../src/statistics/index.ts';
import { auditInput } from './input.ts';

const measure = (input: ReturnType<typeof auditInput>, options: Record<string, unknown> = {}) =>
  subgroupFnr.measure(input, subgroupFnr.options.parse(options));

const metric = (finding: Finding, id: string): Metric => {
  const found = finding.metrics.filter((candidate) => candidate.id === id);
  if (found.length !== 1)
    throw new Error(`${found.length} metrics ${id} among ${finding.metrics.map((m) => m.id).join(' ')}`);
  return found[0];
};
const table = (finding: Finding, title: RegExp) => {
  const found = finding.details.find((detail) => detail.type === 'table' && title.test(detail.title));
  if (found?.type !== 'table') throw new Error(`no table ${title}`);
  return found;
};
const noteText = (finding: Finding) =>
  finding.details.flatMap((detail) => (detail.type === 'note' ? [detail.text] : [])).join('\n');

/** `positives` of class 1 with these groups, of which the first `missed` are predicted 0; and one negative each, rightly predicted. */
const people = (groups: { group: Record<string, string>; positives: number; missed: number; attacked?: number }[]) => {
  const rows = groups.flatMap(({ group, positives, missed, attacked = missed }) => [
    ...Array.from({ length: positives }, (_, index) => ({
      group,
      label: 1,
      clean: index < missed ? 0 : 1,
      attacked: index < attacked ? 0 : 1,
    })),
    { group, label: 0, clean: 0, attacked: 1 },
  ]);
  return auditInput({
    classes: ['neutral', 'smiling'],
    labels: rows.map(({ label }) => label),
    groups: rows.map(({ group }) => group),
    models: { m: { clean: rows.map(({ clean }) => clean), 'pgd:linf:8/255': rows.map(({ attacked }) => attacked) } },
  });
};

describe('a positive class', () => {
  const input = people([
    { group: { tone: 'darker', age: 'old' }, positives: 40, missed: 12, attacked: 30 },
    { group: { tone: 'darker', age: 'young' }, positives: 30, missed: 6, attacked: 20 },
    { group: { tone: 'lighter', age: 'old' }, positives: 50, missed: 3, attacked: 10 },
    { group: { tone: 'lighter', age: 'young' }, positives: 25, missed: 1, attacked: 4 },
    { group: { age: 'young' }, positives: 5, missed: 5 },
  ]);
  const finding = measure(input, { positive: 'smiling' });

  test('counts, rates and Wilson intervals: everyone, a column, an intersection, clean and attacked', () => {
    expect(metric(finding, 'fnr@clean')).toMatchObject({ count: 27, total: 150, value: 27 / 150, better: 'lower' });
    expect(metric(finding, 'fnr@clean[tone=darker]')).toMatchObject({
      count: 18,
      total: 70,
      group: { tone: 'darker' },
    });
    expect(metric(finding, 'fnr@clean[tone=darker]').interval).toEqual(wilson({ count: 18, total: 70 }));
    expect(metric(finding, 'fnr@clean[tone=lighter]')).toMatchObject({ count: 4, total: 75 });
    expect(metric(finding, 'fnr@clean[age=young]')).toMatchObject({ count: 12, total: 60 });
    expect(metric(finding, 'fnr@pgd:linf:8/255[tone=darker,age=old]')).toMatchObject({
      count: 30,
      total: 40,
      group: { tone: 'darker', age: 'old' },
    });
    expect(metric(finding, 'fnr@worst:linf:8/255[tone=lighter]')).toMatchObject({ count: 14, total: 75 });
  });

  test('the gap between two groups: Newcombe’s interval, the gap of equal groups, and a test', () => {
    const gap = metric(finding, 'fnr-gap@clean[tone]');
    const expected = newcombe({ count: 18, total: 70 }, { count: 4, total: 75 });
    expect(gap.value).toBeCloseTo(18 / 70 - 4 / 75, 12);
    expect(gap.interval?.low).toBeCloseTo(expected.low, 12);
    expect(gap.interval?.high).toBeCloseTo(expected.high, 12);
    // With two groups the permutation test is Fisher's up to the order of tables: within Monte Carlo error, or both tiny.
    const p = metric(finding, 'fnr-gap-p@clean[tone]').value ?? Number.NaN;
    expect(Math.abs(p - fisherExact({ count: 18, total: 70 }, { count: 4, total: 75 }))).toBeLessThan(0.002);
    // E|X| of a normal with the pooled standard error: √(2/π)·√(p̂q̂(1/70 + 1/75)).
    const pooled = 22 / 145;
    const half = Math.sqrt((2 / Math.PI) * pooled * (1 - pooled) * (1 / 70 + 1 / 75));
    expect(metric(finding, 'fnr-gap-expected@clean[tone]').value).toBeCloseTo(half, 2);
  });

  test('an unknown value has its own line and is no subgroup', () => {
    const rows = table(finding, /^Misses by subgroup/).rows;
    expect(rows.find((row) => row[0] === 'tone' && row[1] === '(unknown)')?.slice(2, 4)).toEqual(['5 of 5', '100.0 %']);
    expect(rows.some((row) => row[0] === 'age' && row[1] === '(unknown)')).toBe(false);
    // All five unknowns are missed; a subgroup of them would be the worst.
    expect(table(finding, /^Gaps/).rows[0].slice(0, 4)).toEqual([
      'tone',
      'clean',
      'darker (18 of 70)',
      'lighter (4 of 75)',
    ]);
  });

  test('the forest shows clean and attacked side by side and marks small groups', () => {
    const forest = finding.details.find((detail) => detail.type === 'forest');
    if (forest?.type !== 'forest') throw new Error('no forest');
    expect(forest.reference?.value).toBe(27 / 150);
    const darker = forest.rows.filter((row) => row.section === 'tone' && row.label === 'darker');
    expect(darker.map(({ series, count, total }) => [series, count, total])).toEqual([
      ['clean', 18, 70],
      ['worst case, L∞ 8/255', 50, 70],
    ]);
    expect(forest.rows.some(({ small }) => small)).toBe(false);
    const strict = measure(input, { positive: 'smiling', minimumPositives: 26 });
    expect(noteText(strict)).toContain('Fewer than 26 positives of “smiling”: tone × age lighter · young (25).');
  });

  test('metric ids are unique, and every metric a table names exists', () => {
    const ids = new Set(finding.metrics.map(({ id }) => id));
    expect(ids.size).toBe(finding.metrics.length);
    for (const detail of finding.details)
      if (detail.type === 'table')
        for (const row of detail.rows) {
          expect(row).toHaveLength(detail.columns.length);
          for (const cell of row) if (typeof cell === 'object' && cell !== null) expect(ids).toContain(cell.metric);
        }
  });

  test('the same rows give the same finding', () => {
    expect(measure(input, { positive: 'smiling' })).toEqual(finding);
  });
});

test('missed clean is missed under attack, even where the attack happens to undo it', () => {
  const input = auditInput({
    classes: ['neutral', 'smiling'],
    labels: [1, 1, 1],
    models: { m: { clean: [0, 1, 1], 'pgd:linf:8/255': [1, 0, 1] } },
  });
  expect(metric(measure(input, { positive: 'smiling' }), 'fnr@pgd:linf:8/255')).toMatchObject({ count: 2, total: 3 });
});

describe('what cannot be measured', () => {
  test('a group without positives is undefined, not zero, and sets no gap', () => {
    const finding = measure(
      people([
        { group: { g: 'a' }, positives: 30, missed: 10 },
        { group: { g: 'b' }, positives: 30, missed: 5 },
        { group: { g: 'c' }, positives: 0, missed: 0 },
      ]),
      { positive: 'smiling' },
    );
    const empty = metric(finding, 'fnr@clean[g=c]');
    expect(empty).toMatchObject({ value: null, count: 0, total: 0 });
    expect(empty.interval).toBeUndefined();
    expect(metric(finding, 'fnr-gap@clean[g]').value).toBeCloseTo(5 / 30, 12);
    expect(noteText(finding)).toContain('No positives of “smiling”: g c. The rate is undefined there');
  });

  test('one group, no groups, no positives at all', () => {
    const single = measure(people([{ group: { g: 'a' }, positives: 9, missed: 2 }]), { positive: 'smiling' });
    expect(metric(single, 'fnr-gap@clean[g]')).toMatchObject({ value: null });
    expect(metric(single, 'fnr-gap@clean[g]').interval).toBeUndefined();
    expect(metric(single, 'fnr-gap-p@clean[g]').value).toBeNull();
    expect(table(single, /^Gaps/).rows[0].at(-1)).toBe('fewer than two groups with positives');

    const none = measure(people([{ group: {}, positives: 9, missed: 2 }]), { positive: 'smiling' });
    expect(none.metrics.map(({ id }) => id)).toEqual(['fnr@clean', 'fnr@pgd:linf:8/255', 'fnr@worst:linf:8/255']);
    expect(noteText(none)).toContain('names no subgroups');

    const empty = measure(people([{ group: { g: 'a' }, positives: 0, missed: 0 }]), { positive: 'smiling' });
    expect(metric(empty, 'fnr@clean')).toMatchObject({ value: null, total: 0 });
    expect(empty.summary).toBe('m: there is no example of “smiling”, so that its misses are undefined.');
  });

  test('everything missed under attack: said, because the gap closes there', () => {
    const finding = measure(
      people([
        { group: { g: 'a' }, positives: 30, missed: 10, attacked: 30 },
        { group: { g: 'b' }, positives: 30, missed: 2, attacked: 30 },
      ]),
      { positive: 'smiling' },
    );
    expect(metric(finding, 'fnr-gap@worst:linf:8/255[g]').value).toBe(0);
    expect(noteText(finding)).toContain('m misses nearly every “smiling” under worst case, L∞ 8/255 (100.0 %)');
  });
});

describe('one class against the rest', () => {
  // Confusion matrix, rows true: a: 8 right, 2 as b; b: 5 right, 1 as a, 4 as c; c: none.
  const input = auditInput({
    classes: ['a', 'b', 'c'],
    labels: [...Array.from({ length: 10 }, () => 0), ...Array.from({ length: 10 }, () => 1)],
    groups: Array.from({ length: 20 }, (_, index) => ({ half: index % 2 === 0 ? 'even' : 'odd' })),
    models: { m: { clean: [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 1, 1, 1, 1, 1] } },
  });

  test('each class has its own rates: 1 − C[c,c] / Σ C[c,j]', () => {
    const finding = measure(input);
    expect(metric(finding, 'fnr.a@clean').value).toBe(0.2);
    expect(metric(finding, 'fnr.b@clean').value).toBe(0.5);
    expect(metric(finding, 'fnr.c@clean').value).toBeNull();
    expect(metric(finding, 'fnr.b@clean[half=even]')).toMatchObject({ count: 3, total: 5 });
    expect(table(finding, /^Misses by class/).rows.map((row) => row.slice(1, 3))).toEqual([
      ['a', '2 of 10'],
      ['b', '5 of 10'],
      ['c', '0 of 0'],
    ]);
  });

  test('names in ids are escaped, so that no two metrics share one', () => {
    const hostile = auditInput({
      classes: ['a', 'b@clean[x=y]'],
      labels: [0, 0, 1, 1],
      groups: [{ x: 'y,z=1' }, { x: 'y', z: '1' }, JSON.parse('{"x": "]", "__proto__": "q"}'), { x: '\\' }],
      models: { m: { clean: [0, 0, 1, 1] } },
    });
    const { metrics } = measure(hostile);
    expect(new Set(metrics.map(({ id }) => id)).size).toBe(metrics.length);
    expect(metrics.map(({ id }) => id)).toContain(String.raw`fnr.b\@clean\[x\=y\]@clean[x=\]]`);
    expect(metrics.map(({ id }) => id)).toContain(String.raw`fnr.a@clean[x=y\,z\=1]`);
    expect(metrics.map(({ id }) => id)).toContain(String.raw`fnr.a@clean[__proto__=q]`);
  });
});

describe('options', () => {
  const input = people([{ group: { skin_tone: 'a', age: 'b' }, positives: 3, missed: 1 }]);

  test('an unknown class or column is a mistake that names the nearest', () => {
    expect(() => measure(input, { positive: 'smilling' })).toThrow(InputError);
    expect(() => measure(input, { positive: 'smilling' })).toThrow(/no class "smilling".*Did you mean "smiling"\?/);
    expect(() => measure(input, { columns: ['skintone'] })).toThrow(
      /no subgroup column "skintone".*Did you mean "skin_tone"\?/,
    );
    expect(() => measure(input, { columns: ['zzzzzzzz'] })).toThrow(/Known: skin_tone, age/);
    expect(() => subgroupFnr.options.parse({ minimumPositives: 0 })).toThrow();
    expect(() => subgroupFnr.options.parse({ positiv: 'x' })).toThrow();
  });

  test('columns restrict what is compared', () => {
    const { metrics } = measure(input, { positive: 'smiling', columns: ['age'] });
    expect(metrics.some(({ id }) => id.includes('skin_tone'))).toBe(false);
    expect(metrics.some(({ id }) => id === 'fnr@clean[age=b]')).toBe(true);
  });
});

test('subgroups of a column with no blanks share out everyone’s counts, and attacks only add misses', () => {
  const person = fc.record({
    group: fc.record({ g: fc.constantFrom('a', 'b', 'c'), h: fc.constantFrom('x', 'y') }),
    label: fc.nat(1),
    clean: fc.nat(1),
    attacked: fc.nat(1),
  });
  fc.assert(
    fc.property(fc.array(person, { minLength: 1, maxLength: 40 }), (rows) => {
      const finding = measure(
        auditInput({
          classes: ['n', 'p'],
          labels: rows.map(({ label }) => label),
          groups: rows.map(({ group }) => group),
          models: {
            m: { clean: rows.map(({ clean }) => clean), 'pgd:linf:1/255': rows.map(({ attacked }) => attacked) },
          },
        }),
        { positive: 'p' },
      );
      for (const condition of ['clean', 'pgd:linf:1/255', 'worst:linf:1/255']) {
        const everyone = metric(finding, `fnr@${condition}`);
        for (const columns of ['g', 'h', 'g,h']) {
          const parts = finding.metrics.filter(
            ({ evaluation, group }) => evaluation === condition && group && Object.keys(group).join() === columns,
          );
          expect(parts.reduce((sum, { count = 0 }) => sum + count, 0)).toBe(everyone.count);
          expect(parts.reduce((sum, { total = 0 }) => sum + total, 0)).toBe(everyone.total);
        }
        expect(everyone.count).toBeGreaterThanOrEqual(metric(finding, 'fnr@clean').count ?? 0);
      }
    }),
    { numRuns: 15 },
  );
});
