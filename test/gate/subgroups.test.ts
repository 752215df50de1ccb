/** Gates on subgroups against exact error rates by enumeration, Holm's and Newcombe's reference values, and published sample sizes. */
import { describe, expect, test } from 'vitest';
import { detectableDifference } from '../../src/gate/detectable.ts';
import { type GateRule, type Judged, judge } from '../../src/gate/index.ts';
import type { Finding, Metric } from '../../src/plugin/index.ts';
import { binomial } from './binomial.ts';

type Counts = Record<string, [count: number, total: number]>;

const metric = 'clean-accuracy';
const findings = (counts: Counts): Finding[] => [
  {
    audit: 'a',
    title: '',
    summary: '',
    details: [],
    metrics: Object.entries(counts).map(
      ([value, [count, total]]): Metric => ({
        id: `${metric}[tone=${value}]`,
        model: 'm',
        label: '',
        value: total === 0 ? null : count / total,
        count,
        total,
        unit: 'proportion',
        better: 'higher',
        group: { tone: value },
      }),
    ),
  },
];
const judgeOne = (rule: GateRule, counts: Counts): Judged =>
  judge([rule], { findings: findings(counts), models: ['m'] })[0];

const worst = (counts: Counts, limits: { floor?: number; ceiling?: number; minimum?: number }) => {
  const { floor, ceiling = 0, minimum = 20 } = limits;
  const side = floor === undefined ? 'ceiling' : 'floor';
  const rule = { kind: 'worst-subgroup', level: 'error', metric, columns: ['tone'], minimum } as const;
  return judgeOne({ ...rule, side, threshold: floor ?? ceiling }, counts);
};

const gap = (counts: Counts, tolerance: number, minimum = 10) =>
  judgeOne(
    { kind: 'subgroup-gap', level: 'error', metric, columns: ['tone'], tolerance, alpha: 0.05, minimum },
    counts,
  );

describe('worst-subgroup', () => {
  test('one subgroup is a floor by Clopper–Pearson: 81 of 263 lies in .252737 to .367622 (Newcombe 1998)', () => {
    const of = (floor: number) => worst({ a: [81, 263] }, { floor }).verdict;
    expect([0.2527, 0.2528, 0.3676, 0.3677].map(of)).toEqual(['pass', 'inconclusive', 'inconclusive', 'fail']);
    const under = (ceiling: number) => worst({ a: [81, 263] }, { ceiling }).verdict;
    expect([0.3677, 0.3676, 0.2528, 0.2527].map(under)).toEqual(['pass', 'inconclusive', 'inconclusive', 'fail']);
  });

  test('fails in at most 2.5 % of samples where every subgroup is just at the floor', () => {
    const chances = binomial(40, 0.6);
    let failing = 0;
    for (const [a, chanceA] of chances.entries())
      for (const [b, chanceB] of chances.entries())
        if (worst({ a: [a, 40], b: [b, 40] }, { floor: 0.6 }).verdict === 'fail') failing += chanceA * chanceB;
    expect(failing).toBeGreaterThan(0.005);
    expect(failing).toBeLessThanOrEqual(0.025);
  });

  test('passes in at most 2.5 % of samples where one subgroup is just at the floor, however good the others are', () => {
    let passing = 0;
    for (const [a, chance] of binomial(60, 0.4).entries())
      if (worst({ a: [a, 60], b: [100, 100], c: [100, 100] }, { floor: 0.4 }).verdict === 'pass') passing += chance;
    expect(passing).toBeGreaterThan(0);
    expect(passing).toBeLessThanOrEqual(0.025);
  });

  test('a subgroup with too few cases keeps the gate open, and is listed', () => {
    const result = worst({ a: [100, 100], b: [3, 3], c: [0, 0] }, { floor: 0.5 });
    expect(result).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringContaining('fewer than 20 cases: b and c'),
    });
    expect(result.evidence?.map(({ label, verdict, measured }) => [label, verdict, measured])).toEqual([
      ['a', 'pass', 1],
      ['b', 'inconclusive', 1],
      ['c', 'inconclusive', null],
    ]);
    expect(result.fix).toContain('b: about');
    expect(worst({ a: [10, 100], b: [3, 3] }, { floor: 0.5 })).toMatchObject({
      verdict: 'fail',
      measured: 0.1,
      why: expect.stringContaining('b'),
    });
  });

  test('nothing measured, and numbers that make no sense, never pass', () => {
    expect(worst({}, { floor: 0 }).verdict).toBe('error');
    expect(worst({ a: [3, 2] }, { floor: 0 }).verdict).toBe('error');
    expect(worst({ a: [0, 0] }, { floor: 0 }).verdict).toBe('inconclusive');
    expect(worst({ a: [Number.NaN, 30] }, { floor: 0 }).verdict).toBe('error');
  });
});

describe('subgroup-gap', () => {
  test('fails in at most 5 % of samples where two subgroups are equal', () => {
    for (const rate of [0.3, 0.5]) {
      const chances = binomial(14, rate);
      let failing = 0;
      for (const [a, chanceA] of chances.entries())
        for (const [b, chanceB] of chances.entries())
          if (gap({ a: [a, 14], b: [b, 14] }, 0).verdict === 'fail') failing += chanceA * chanceB;
      expect(failing).toBeLessThanOrEqual(0.05);
      expect(failing).toBeGreaterThan(0.005);
    }
  });

  test('passes in at most 5 % of samples where the gap is just the tolerance', () => {
    let passing = 0;
    const size = 40;
    for (const [a, chanceA] of binomial(size, 0.6).entries())
      for (const [b, chanceB] of binomial(size, 0.3).entries()) {
        if (chanceA * chanceB < 1e-9) continue;
        if (gap({ a: [a, size], b: [b, size] }, 0.3).verdict === 'pass') passing += chanceA * chanceB;
      }
    expect(passing).toBeLessThanOrEqual(0.05);
    expect(passing).toBeGreaterThan(0.005);
  });

  test('bounds are Newcombe’s: 56/70 against 48/80 is .0524 to .3339 (1998, table II)', () => {
    const counts: Counts = { a: [56, 70], b: [48, 80] };
    expect(gap(counts, 0.34).verdict).toBe('pass');
    expect(gap(counts, 0.333).verdict).toBe('inconclusive');
    expect(gap(counts, 0.053).verdict).toBe('inconclusive');
    expect(gap(counts, 0.052).verdict).toBe('fail');
    expect(gap(counts, 0.052).evidence).toMatchObject([{ label: 'a − b', low: expect.closeTo(0.0524, 4) }]);
  });

  test('a large gap of small equal groups is not held against them, and says what would be found', () => {
    const result = gap({ a: [9, 10], b: [5, 10], c: [7, 10] }, 0.05);
    expect(result).toMatchObject({ verdict: 'inconclusive', measured: 0.4 });
    expect(result.why).toMatch(/equal groups of these sizes would show [\d.]+ points on average/);
    expect(result.why).toMatch(/These sizes find none|These sizes find a gap of about/);
  });

  test('a subgroup with too few cases keeps the gate from passing, never from failing', () => {
    const equal: Counts = { a: [700, 1000], b: [700, 1000] };
    expect(gap(equal, 0.05).verdict).toBe('pass');
    expect(gap({ ...equal, c: [1, 1] }, 0.05)).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringContaining('fewer than 10 cases: c'),
    });
    expect(gap({ a: [900, 1000], b: [500, 1000], c: [1, 1] }, 0.05).verdict).toBe('fail');
    expect(gap({ a: [900, 1000], c: [1, 1] }, 0.05).verdict).toBe('inconclusive');
    expect(gap({}, 0.05).verdict).toBe('error');
  });

  test('detectable differences are those of published sample sizes (80 % power, two-sided .05)', () => {
    for (const [rate, other, size] of [
      [0.05, 0.1, 435],
      [0.1, 0.15, 686],
      [0.1, 0.2, 199],
      [0.05, 0.15, 141],
      [0.01, 0.02, 2319],
    ])
      expect(detectableDifference(size, size, rate, 0.05)).toBeCloseTo(other - rate, 3);
    expect(detectableDifference(3, 3, 0.5, 0.05)).toBeUndefined();
  });
});
