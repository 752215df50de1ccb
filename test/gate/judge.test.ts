/** Verdicts against exact binomial tails, and the laws that verdicts obey. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkMetrics, checkRule, exitCode, type GateRule, type Judged, judge, overall } from '../../src/gate/index.ts';
import { type Finding, InputError, type Metric, type Verdict } from '../../src/plugin/index.ts';
import { clopperPearson, newcombe } from '../../src/statistics/index.ts';
import { gateResult } from '../support/gate-result.ts';

const id = 'robust-accuracy@pgd:linf:8/255';

const proportion = (count: number, total: number, about: Partial<Metric> = {}): Metric => ({
  id,
  model: 'm',
  label: 'Robust accuracy',
  value: total === 0 ? null : count / total,
  count,
  total,
  unit: 'proportion',
  better: 'higher',
  ...about,
});
const findings = (...metrics: Metric[]): Finding[] => [{ audit: 'a', title: 'A', summary: '', metrics, details: [] }];
interface Limits {
  metric?: string;
  floor?: number;
  ceiling?: number;
  by?: 'bound' | 'point';
  models?: string[];
}
const rules = ({ metric = id, floor, ceiling, by = 'bound', models }: Limits): GateRule[] => {
  const common = { level: 'error', metric, by, ...(models && { models }) } as const;
  return [
    ...(floor === undefined ? [] : [{ kind: 'floor', threshold: floor, ...common } as const]),
    ...(ceiling === undefined ? [] : [{ kind: 'ceiling', threshold: ceiling, ...common } as const]),
  ];
};
const one = (limits: Limits, ...metrics: Metric[]): Judged => {
  const results = judge(rules(limits), { findings: findings(...metrics), models: ['m'] });
  expect(results).toHaveLength(1);
  return results[0];
};

const gap = (ceiling: number) =>
  one(
    { metric: 'fnr-gap@clean[sex]', ceiling },
    {
      id: 'fnr-gap@clean[sex]',
      model: 'm',
      label: '',
      value: 0.2,
      interval: newcombe({ count: 56, total: 70 }, { count: 48, total: 80 }),
      unit: 'proportion',
      better: 'lower',
    },
  );

describe('by bound', () => {
  // Clopper–Pearson of 81/263: .252737 to .367622 (Newcombe 1998).
  test.each<[Limits, Verdict]>([
    [{ floor: 0.2527 }, 'pass'],
    [{ floor: 0.2528 }, 'inconclusive'],
    [{ floor: 0.3676 }, 'inconclusive'],
    [{ floor: 0.3677 }, 'fail'],
    [{ ceiling: 0.3677 }, 'pass'],
    [{ ceiling: 0.3676 }, 'inconclusive'],
    [{ ceiling: 0.2528 }, 'inconclusive'],
    [{ ceiling: 0.2527 }, 'fail'],
  ])('81 of 263 against %o: %s', (limits, verdict) => {
    const result = one(limits, proportion(81, 263));
    expect(result.verdict).toBe(verdict);
    expect(result.low).toBeCloseTo(0.252737, 6);
    expect(result.high).toBeCloseTo(0.367622, 6);
    expect(result).toMatchObject({ measured: 81 / 263, total: 263, method: 'Clopper–Pearson, 95 %', by: 'bound' });
  });

  test('a proportion is judged by its counts, not by the interval that is displayed', () => {
    const shown = { interval: { low: 0.9, high: 1, confidence: 0.99, method: 'Wilson' } };
    const result = one({ floor: 0.5 }, proportion(5, 10, shown));
    expect(result.verdict).toBe('inconclusive');
    expect(result.low).toBe(clopperPearson({ count: 5, total: 10 }, 0.99).low);
    expect(result.method).toBe('Clopper–Pearson, 99 %');
  });

  test('a metric without counts is judged by its own interval', () => {
    // Newcombe 1998: .0524 to .3339.
    expect(gap(0.34).verdict).toBe('pass');
    expect(gap(0.33).verdict).toBe('inconclusive');
    expect(gap(0.05).verdict).toBe('fail');
    // Half-width above the estimate .1339, wanted .1: (1.339)² = 1.79 times as many.
    expect(gap(0.3).fix).toContain('About 2 times as many examples would settle it');
  });

  test('says about how many examples would settle it, and is right', () => {
    for (const [count, total, floor] of [
      [45, 100, 0.4],
      [40, 100, 0.45],
      [0, 10, 0.1],
    ]) {
      const { fix, verdict } = one({ floor }, proportion(count, total));
      expect(verdict).toBe('inconclusive');
      const more = Number(/About (\d+) more examples/.exec(fix ?? '')?.[1]);
      const rate = count / total;
      const interval = (examples: number) => clopperPearson({ count: rate * examples, total: examples });
      const settled = (examples: number) =>
        rate > floor ? interval(examples).low >= floor : interval(examples).high < floor;
      expect(settled(total + more)).toBe(true);
      expect(settled(total + 0.8 * more)).toBe(false);
    }
    expect(one({ floor: 0.4 }, proportion(40, 100)).fix).toContain('no number of examples settles it');
  });

  test('a plain number without an interval asks for "by: point"', () => {
    const metric = proportion(0, 0, { value: 3, unit: 'number' });
    delete metric.count;
    delete metric.total;
    expect(one({ floor: 2 }, metric)).toMatchObject({ verdict: 'error' });
    expect(one({ floor: 2 }, metric).fix).toContain('by: point');
    expect(one({ floor: 2, by: 'point' }, metric).verdict).toBe('pass');
  });
});

describe('by point', () => {
  test.each<[Limits, Verdict]>([
    [{ floor: 0.3 }, 'pass'],
    [{ floor: 0.301 }, 'fail'],
    [{ ceiling: 0.3 }, 'pass'],
    [{ ceiling: 0.299 }, 'fail'],
  ])('3 of 10 against %o: %s', (limits, verdict) => {
    expect(one({ ...limits, by: 'point' }, proportion(3, 10)).verdict).toBe(verdict);
  });
});

describe('what never passes', () => {
  const limits: Limits[] = [{ floor: 0 }, { floor: 0, by: 'point' }, { ceiling: 1 }, { ceiling: 1, by: 'point' }];
  test.each(limits)('undefined, zero examples, NaN, broken counts or intervals, missing, twice there: %o', (limit) => {
    expect(one(limit, proportion(0, 0)).verdict).toBe('inconclusive');
    expect(one(limit, proportion(0, 0, { value: 0 })).verdict).toBe('inconclusive');
    expect(one(limit, proportion(1, 2, { value: null })).verdict).toBe('inconclusive');
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(one(limit, proportion(1, 2, { value })).verdict).toBe('error');
    expect(one(limit, proportion(3, 2)).verdict).toBe('error');
    expect(one(limit, proportion(0.5, 2)).verdict).toBe('error');
    expect(one(limit, proportion(1, 2, { value: 0.9 })).verdict).toBe('error');
    const broken = { low: Number.NaN, high: 1, confidence: 0.95, method: 'x' };
    expect(one(limit, proportion(1, 2, { interval: broken })).verdict).toBe('error');
    expect(one(limit).verdict).toBe('error');
    expect(one(limit, proportion(1, 2), proportion(1, 2)).verdict).toBe('error');
    expect(one(limit, proportion(1, 2, { model: 'other' })).verdict).toBe('error');
  });

  test('a missing subgroup is an error that names the nearest one', () => {
    const groups = ['darker', 'lighter'].map((tone) => proportion(9, 10, { id: `fnr@clean[skin_tone=${tone}]` }));
    const result = one({ metric: 'fnr@clean[skin_tone=dark]', ceiling: 1 }, ...groups);
    expect(result.verdict).toBe('error');
    expect(result.why).toContain('Did you mean "fnr@clean[skin_tone=darker]"?');
    expect(result.measured).toBeNull();
  });
});

describe('rules', () => {
  test('floor and ceiling give two results, for every model in order', () => {
    const results = judge(rules({ floor: 0.1, ceiling: 0.2 }), {
      findings: findings(proportion(50, 100), proportion(15, 100, { model: 'n' })),
      models: ['m', 'n'],
    });
    expect(results.map(({ model, rule: text, verdict }) => [model, text, verdict])).toEqual([
      ['m', `${id} ≥ 0.1`, 'pass'],
      ['n', `${id} ≥ 0.1`, 'inconclusive'],
      ['m', `${id} ≤ 0.2`, 'fail'],
      ['n', `${id} ≤ 0.2`, 'inconclusive'],
    ]);
    expect(
      judge(rules({ floor: 0.1, models: ['m'] }), { findings: findings(proportion(50, 100)), models: ['m', 'n'] }),
    ).toHaveLength(1);
  });

  test.each<[string, Limits, RegExp]>([
    ['an unknown model', { floor: 0, models: ['n'] }, /"n", which this run does not have/],
    ['no model', { floor: 0, models: [] }, /binds no model/],
    ['a percentage', { ceiling: 5 }, /For 5 % write 0\.05/],
    ['a negative proportion', { floor: -0.1 }, /from 0 to 1/],
    ['NaN', { floor: Number.NaN }, /floor of NaN/],
  ])('%s is a mistake of the input', (_, limits, message) => {
    const run = () => checkRule(rules(limits)[0], [{ id, unit: 'proportion' }], ['m']);
    expect(run).toThrow(InputError);
    expect(run).toThrow(message);
  });

  test('a metric that no audit will measure is refused with the nearest name, or with those that there are', () => {
    const declared = [id, 'clean-accuracy', 'fnr@clean[sex=f]', 'fnr@clean[sex=m]'].map((name) => ({
      id: name,
      unit: 'proportion' as const,
    }));
    const run = (...metrics: string[]) =>
      checkMetrics(
        metrics.flatMap((metric) => rules({ metric, floor: 0 })),
        declared,
        [],
      );
    expect(run(...declared.map((metric) => metric.id))).toBeUndefined();
    expect(() => run('robust-acuracy@pgd:linf:8/255')).toThrow(`Did you mean "${id}"?`);
    expect(() => run('fnr@clean[sex=x]')).toThrow('Did you mean "fnr@clean[sex=f]"?');
    expect(() => run('fnr@clean[a column that is not there=1]')).toThrow(
      /Known: fnr@clean\[sex=f\], fnr@clean\[sex=m\]\./,
    );
    expect(() => run('calibration')).toThrow(/Known: robust-accuracy, clean-accuracy, fnr\./);
    expect(() => run('fnr', 'robust')).toThrow(/"fnr".*\n.*"robust"/);
  });

  test('a metric of an audit that did not run is an error, not a guess', () => {
    expect(one({ metric: 'calibration-error@clean', floor: 0 }, proportion(1, 2))).toMatchObject({ verdict: 'error' });
  });

  test('verdicts only worsen as a limit tightens', () => {
    const order: Verdict[] = ['pass', 'inconclusive', 'fail'];
    const counts = fc.tuple(fc.nat(400), fc.nat(400)).filter(([count, rest]) => count + rest > 0);
    const threshold = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(counts, threshold, threshold, fc.constantFrom('bound', 'point'), ([count, rest], a, b, by) => {
        const rank = (limits: Limits) => order.indexOf(one({ ...limits, by }, proportion(count, count + rest)).verdict);
        const [loose, tight] = [Math.min(a, b), Math.max(a, b)];
        expect(rank({ floor: loose })).toBeLessThanOrEqual(rank({ floor: tight }));
        expect(rank({ ceiling: tight })).toBeLessThanOrEqual(rank({ ceiling: loose }));
        // Pass by bound is the stronger claim.
        if (by === 'bound' && rank({ floor: a }) === 0)
          expect(one({ floor: a, by: 'point' }, proportion(count, count + rest)).verdict).toBe('pass');
      }),
      { numRuns: 100 },
    );
  });

  test('at the true rate, a gate by bound passes in at most 2.5 % of samples', () => {
    // Exact: the binomial probability of all counts whose lower limit reaches the true rate.
    const total = 60;
    const rate = 0.4;
    let probability = (1 - rate) ** total;
    let passing = 0;
    for (let count = 0; count <= total; count++) {
      if (one({ floor: rate }, proportion(count, total)).verdict === 'pass') passing += probability;
      probability *= ((total - count) / (count + 1)) * (rate / (1 - rate));
    }
    expect(passing).toBeGreaterThan(0);
    expect(passing).toBeLessThanOrEqual(0.025);
  });
});

const result = (verdict: Verdict) => gateResult({ verdict });

describe('overall', () => {
  test.each<[Verdict[], Verdict, 0 | 1 | 3, RegExp]>([
    [[], 'not applicable', 0, /^No gate was set/],
    [['pass'], 'pass', 0, /^The one gate holds\.$/],
    [['pass', 'pass'], 'pass', 0, /^All 2 gates hold\.$/],
    [['pass', 'fail'], 'fail', 1, /^1 of 2 gates fails: x ≥ 0\.5 \(m\)\.$/],
    [['fail', 'inconclusive'], 'fail', 1, /^1 of 2 gates fails/],
    [['pass', 'inconclusive'], 'inconclusive', 3, /^Cannot certify: 1 of 2 gates has too little evidence/],
    [['error', 'fail', 'pass'], 'error', 3, /^Cannot certify: 1 of 3 .* Moreover 1 of 3 gates fails/],
    [['fail', 'fail', 'fail', 'fail', 'fail'], 'fail', 1, /and 2 more\.$/],
  ])('%j: %s', (verdicts, status, code, sentence) => {
    expect(overall(verdicts.map(result))).toEqual({ status, sentence: expect.stringMatching(sentence) });
    expect(exitCode(status)).toBe(code);
  });
});
