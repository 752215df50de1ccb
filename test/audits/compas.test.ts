/**
 * The subgroup audit on ProPublica's COMPAS file: predictions without a model, whose false-negative rates by race are published. Needs the
 * file in the folder that PROOFHOUSE_DATA names.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';
import subgroupFnr from '../../audits/subgroup-fnr.ts';
import type { Finding } from '../../src/plugin/index.ts';
import { katzLogRatio } from '../../src/statistics/index.ts';
import { auditInput } from './input.ts';

const data = process.env.PROOFHOUSE_DATA;
if (data === undefined)
  console.log('COMPAS tests are skipped: set PROOFHOUSE_DATA to the folder of compas-two-years.csv');

describe.skipIf(data === undefined)('COMPAS', () => {
  let finding: Finding;
  const metric = (id: string) => {
    const found = finding.metrics.find((candidate) => candidate.id === id);
    if (found === undefined) throw new Error(`no metric ${id}`);
    return found;
  };

  beforeAll(() => {
    const rows: Record<string, string>[] = parse(readFileSync(join(data ?? '', 'compas-two-years.csv')), {
      columns: true,
    });
    expect(rows).toHaveLength(7214);
    finding = subgroupFnr.measure(
      auditInput({
        classes: ['no recidivism', 'recidivism'],
        labels: rows.map((row) => Number(row.two_year_recid)),
        groups: rows.map(({ race, sex }) => ({ race, sex })),
        models: { compas: { clean: rows.map((row) => (row.score_text === 'Low' ? 0 : 1)) } },
      }),
      subgroupFnr.options.parse({ positive: 'recidivism' }),
    );
  });

  test.each([
    ['African-American', 532, 1901, 27.99],
    ['Caucasian', 461, 966, 47.72],
    ['Hispanic', 129, 232, 55.6],
    ['Native American', 1, 10, 10],
  ])('%s: %i of %i, as published', (race, count, total, percent) => {
    const rate = metric(`fnr@clean[race=${race}]`);
    expect(rate).toMatchObject({ count, total });
    expect(100 * (rate.value ?? 0)).toBeCloseTo(percent, 2);
  });

  test('African-American: the displayed interval', () => {
    const { interval } = metric('fnr@clean[race=African-American]');
    expect(interval?.low).toBeCloseTo(0.260132, 6);
    expect(interval?.high).toBeCloseTo(0.300462, 6);
  });

  test('the raw gap by race is 0.577, of which equal groups of these sizes would show 0.231', () => {
    expect(metric('fnr-gap@clean[race]').value).toBeCloseTo(0.577, 3);
    // Reference mean 0.231 is Monte Carlo itself.
    expect(Math.abs((metric('fnr-gap-expected@clean[race]').value ?? 0) - 0.231)).toBeLessThan(0.006);
    // χ² = 204.08 with 5 degrees of freedom (p = 3.8e-42): no permutation comes near.
    expect(metric('fnr-gap-p@clean[race]').value).toBe(1 / 10_000);
    expect(metric('fnr-gap@clean[race]').interval?.method).toBe('Newcombe, Bonferroni over 15 pairs');
  });

  test('the gap is real: even its cautious lower limit is far from zero, by the large groups', () => {
    const low = metric('fnr-gap@clean[race]').interval?.low ?? 0;
    // Between the two largest groups the plain difference is 47.72 − 27.99 = 19.7 points.
    expect(low).toBeGreaterThan(0.1);
    expect(low).toBeLessThan(0.35);
  });

  test('by race and sex together the raw gap is 1, set by a group with one positive', () => {
    expect(metric('fnr-gap@clean[race,sex]').value).toBe(1);
    const groups = finding.metrics.filter(({ group }) => group?.race !== undefined && group.sex !== undefined);
    expect(groups.some(({ total }) => total === 1)).toBe(true);
    expect(metric('fnr-gap-expected@clean[race,sex]').value).toBeGreaterThan(0.4);
  });

  test('by sex there is no evidence: χ² .7716, p = .380', () => {
    const p = metric('fnr-gap-p@clean[sex]').value ?? 0;
    // The exact conditional p lies a little above the asymptotic one.
    expect(p).toBeGreaterThan(0.36);
    expect(p).toBeLessThan(0.43);
  });

  test('the pair of Caucasian and African-American: Fisher 2.6e-25, ratio 1.71 (1.55 to 1.88)', () => {
    const pairs = finding.details.find(
      (detail) => detail.type === 'table' && detail.title.startsWith('Subgroups in pairs'),
    );
    if (pairs?.type !== 'table') throw new Error('no table of pairs');
    const [row] = pairs.rows.filter((cells) => {
      const names = JSON.stringify(cells.slice(2, 4));
      return names.includes('African-American') && names.includes('Caucasian');
    });
    expect(row[4]).toBe('2.6e-25');
    expect(row[5]).toBe('3.8e-24');
    expect(row[6]).toBe('15');
    expect(katzLogRatio({ count: 461, total: 966 }, { count: 532, total: 1901 })?.ratio).toBeCloseTo(1.70527, 5);
  });

  test('ten positives are said to be few', () => {
    const notes = finding.details.flatMap((detail) => (detail.type === 'note' ? [detail.text] : []));
    expect(notes.some((text) => text.includes('race Native American (10)'))).toBe(true);
  });
});
