/** Gates that are judged while examples come: their error rates over all paths of a run, looks and end together, by dynamic programming; and what they say. */
import { describe, expect, test } from 'vitest';
import {
  type GateRule,
  type Given,
  type Horizon,
  horizonsOf,
  type Judged,
  judge,
  settle,
} from '../../src/gate/index.ts';
import type { Change, Finding, Metric } from '../../src/plugin/index.ts';
import type { Verdict } from '../../src/plugin/record.ts';
import { mcnemarExact, tango } from '../../src/statistics/index.ts';
import { binomial } from './binomial.ts';

const metric = 'clean-accuracy';

/** Chances that a run ends passing and failing, of what is judged after each look; states are what has been counted so far. */
function verdicts<State>(
  looks: readonly number[],
  start: State,
  steps: (from: number, to: number) => readonly (readonly [change: (state: State) => State, chance: number])[],
  verdictOf: (state: State, look: number) => Verdict,
): Record<'pass' | 'fail', number> {
  const ended = { pass: 0, fail: 0 };
  let open = new Map([[JSON.stringify(start), 1]]);
  let before = 0;
  for (const look of looks) {
    const next = new Map<string, number>();
    const moves = steps(before, look).filter(([, chance]) => chance > 1e-12);
    for (const [state, chance] of open)
      for (const [change, share] of moves) {
        const key = JSON.stringify(change(JSON.parse(state) as State));
        next.set(key, (next.get(key) ?? 0) + chance * share);
      }
    for (const [state, chance] of next) {
      const verdict = verdictOf(JSON.parse(state) as State, look);
      if (verdict !== 'pass' && verdict !== 'fail') continue;
      ended[verdict] += chance;
      next.delete(state);
    }
    open = next;
    before = look;
  }
  return ended;
}

describe('max-drop', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, index) => `image-${index}`);
  function change(losses: number, gains: number, total: number): Change {
    const paired = {
      total,
      stand: total - losses - gains,
      fall: 0,
      regressed: ids(losses),
      improved: ids(gains),
      drop: (losses - gains) / total,
      ...tango({ losses, gains, total }),
      p: mcnemarExact(losses, gains, 'worse'),
      groups: [],
    };
    return { model: 'm', baselineModel: 'm', evaluation: 'clean', differs: [], paired };
  }
  const one = (
    losses: number,
    gains: number,
    total: number,
    planned: number,
    margin: number,
    rest?: Partial<Given>,
  ) => {
    const rule: GateRule = { kind: 'max-drop', level: 'error', metric, margin, alpha: 0.05 };
    const given = { findings: [], models: ['m'], changes: [change(losses, gains, total)], ...rest };
    return judge([rule], { ...given, planned: new Map([[metric, { total: planned }]]) })[0];
  };

  /** Chances of each number of losses and gains among some examples. */
  function trinomial(examples: number, loss: number, gain: number) {
    return binomial(examples, loss).flatMap((chance, losses) =>
      binomial(examples - losses, gain / (1 - loss)).map(
        (share, gains) =>
          [([l, g]: [number, number]): [number, number] => [l + losses, g + gains], chance * share] as const,
      ),
    );
  }
  const looks = [12, 24, 36];
  const ending = (loss: number, gain: number, margin: number) =>
    verdicts(
      looks,
      [0, 0] as [number, number],
      (from, to) => trinomial(to - from, loss, gain),
      ([losses, gains], total) => one(losses, gains, total, 36, margin).verdict,
    );

  test.each([
    [0.05, 0],
    [0.25, 0],
    [0.45, 0],
    [0.25, 0.1],
  ])(
    'a model that flips %f of the examples each way, with a margin of %f, fails in no more runs than alpha says',
    (rate, margin) => {
      expect(ending(rate, rate, margin).fail).toBeLessThanOrEqual(0.05);
    },
  );

  test('and uses that level: where half of the examples flip it fails in at least 1 % of runs', () => {
    expect(ending(0.25, 0.25, 0).fail).toBeGreaterThan(0.01);
  });

  test.each([
    [0.2, 0],
    [0.25, 0.05],
    [0.45, 0.25],
  ])(
    'a model that loses %f and gains %f of the examples passes a margin of that difference in no more runs than the confidence says',
    (loss, gain) => {
      expect(ending(loss, gain, loss - gain).pass).toBeLessThanOrEqual(0.025);
    },
  );

  test('is settled early by a clear drop and by a clear gain, and keeps what looking spent from the end', () => {
    const clear = one(12, 0, 48, 1000, 0.01);
    expect(clear).toMatchObject({ verdict: 'fail', total: 48, planned: 1000, measured: 0.25 });
    expect(clear.why).toMatch(
      /at least [\d.]+ points by the confidence sequence after 48 of 1000 examples, above the margin/,
    );
    expect(one(0, 12, 48, 1000, 0.01).verdict).toBe('pass');
    const open = one(2, 1, 48, 1000, 0.01);
    expect(open.verdict).toBe('inconclusive');
    expect(open.low).toBeLessThan(0.01);
    // At the end by half of each level: McNemar's p of 8 against 2 is .0547, of 9 against 2 .0327, of 10 against 2 .0193.
    const ends = ([losses, gains]: [number, number]) => one(losses, gains, 100, 100, 0).verdict;
    expect([[8, 2] as [number, number], [9, 2] as [number, number], [10, 2] as [number, number]].map(ends)).toEqual([
      'inconclusive',
      'inconclusive',
      'fail',
    ]);
    expect(one(10, 2, 100, 100, 0).method).toMatch(/McNemar, one-sided, α = 0.025; Tango, 97.5 %; half of each level/);
  });

  test('the baseline’s own file passes at the first look with its preprocessing, else once all outcomes are seen to be the same', () => {
    expect(one(0, 0, 32, 100, 0.01, { unchanged: ['m'], identical: ['m'] }).verdict).toBe('pass');
    expect(one(1, 0, 32, 100, 0.01, { unchanged: ['m'], identical: ['m'] }).verdict).toBe('inconclusive');
    expect(one(0, 0, 32, 100, 0.01, { unchanged: ['m'] }).verdict).toBe('inconclusive');
    expect(one(0, 0, 100, 100, 0.01).verdict).toBe('inconclusive');
    expect(one(0, 0, 100, 100, 0.01, { unchanged: ['m'] }).verdict).toBe('pass');
    expect(one(0, 0, 700, 1000, 0.01).verdict).toBe('pass');
  });
});

type Counts = Record<string, [count: number, total: number]>;

const findings = (counts: Counts): Finding[] => [
  {
    audit: 'a',
    title: '',
    summary: '',
    details: [],
    metrics: Object.entries(counts).map(
      ([tone, [count, total]]): Metric => ({
        id: `${metric}[tone=${tone}]`,
        model: 'm',
        label: '',
        value: count / total,
        count,
        total,
        unit: 'proportion',
        better: 'higher',
        group: { tone },
      }),
    ),
  },
];
const horizons = (planned: Record<string, number>): Map<string, Horizon> =>
  new Map(
    Object.entries(planned).map(([tone, total]) => [`${metric}[tone=${tone}]`, { total, group: { tone } }] as const),
  );
const judgeOne = (rule: GateRule, counts: Counts, planned: Record<string, number>): Judged =>
  judge([rule], { findings: findings(counts), models: ['m'], planned: horizons(planned) })[0];

const worstRule = (floor: number, minimum = 4): GateRule => ({
  kind: 'worst-subgroup',
  level: 'error',
  metric,
  columns: ['tone'],
  side: 'floor',
  threshold: floor,
  minimum,
});
const gapRule = (tolerance: number, minimum = 4): GateRule => ({
  kind: 'subgroup-gap',
  level: 'error',
  metric,
  columns: ['tone'],
  tolerance,
  alpha: 0.05,
  minimum,
});

/** Two subgroups, whose examples come in turn. */
const ending = (rule: GateRule, rates: [number, number], looks: readonly number[]) =>
  verdicts(
    looks,
    [0, 0] as [number, number],
    (from, to) => {
      const [a, b] = rates.map((rate) =>
        rate === 1 ? [...Array<number>(to - from).fill(0), 1] : binomial(to - from, rate),
      );
      return a.flatMap((chance, more) =>
        b.map(
          (share, others) =>
            [([x, y]: [number, number]): [number, number] => [x + more, y + others], chance * share] as const,
        ),
      );
    },
    ([a, b], total) =>
      judgeOne(rule, { a: [a, total], b: [b, total] }, { a: looks.at(-1) ?? 0, b: looks.at(-1) ?? 0 }).verdict,
  );

describe('worst-subgroup', () => {
  test('fails in at most 2.5 % of runs where every subgroup is just at the floor', () => {
    const { fail } = ending(worstRule(0.6), [0.6, 0.6], [7, 14, 21]);
    expect(fail).toBeLessThanOrEqual(0.025);
    expect(fail).toBeGreaterThan(0.005);
  });

  test('passes in at most 2.5 % of runs where one subgroup is just at the floor and the other always right', () => {
    const { pass } = ending(worstRule(0.6), [0.6, 1], [7, 14, 21]);
    expect(pass).toBeLessThanOrEqual(0.025);
    expect(pass).toBeGreaterThan(0.005);
  });

  test('is not passed while a subgroup is still to come, nor while it has fewer cases than the minimum', () => {
    const planned = { a: 200, b: 200 };
    expect(judgeOne(worstRule(0.5), { a: [100, 100], b: [100, 100] }, planned).verdict).toBe('pass');
    const waiting = judgeOne(worstRule(0.5), { a: [100, 100] }, planned);
    expect(waiting).toMatchObject({ verdict: 'inconclusive' });
    expect(waiting.evidence?.map(({ label, verdict }) => [label, verdict])).toEqual([
      ['a', 'pass'],
      ['b', 'inconclusive'],
    ]);
    expect(waiting.final).toBeUndefined();
    expect(judgeOne(worstRule(0.5, 20), { a: [100, 100], b: [19, 19] }, planned).verdict).toBe('inconclusive');
    expect(judgeOne(worstRule(0.5), { a: [0, 100] }, planned)).toMatchObject({ verdict: 'fail', planned: 200 });
  });

  test('with a subgroup too small to be judged is final once all others keep the limit', () => {
    const planned = { a: 200, b: 3 };
    const of = (counts: Counts) => judgeOne(worstRule(0.5), counts, planned);
    expect(of({ a: [100, 100], b: [1, 1] })).toMatchObject({ verdict: 'inconclusive', final: true });
    expect(of({ a: [60, 100], b: [1, 1] }).final).toBeUndefined();
  });

  test('more cases than its audit announced are an error', () => {
    expect(judgeOne(worstRule(0.5), { a: [3, 5] }, { a: 4 }).verdict).toBe('error');
  });
});

describe('subgroup-gap', () => {
  test('fails in at most 5 % of runs where two subgroups are equal', () => {
    for (const rate of [0.3, 0.5]) {
      const { fail } = ending(gapRule(0), [rate, rate], [7, 14]);
      expect(fail).toBeLessThanOrEqual(0.05);
      expect(fail).toBeGreaterThan(0.001);
    }
  });

  test('passes in at most 5 % of runs where the gap is just the tolerance', () => {
    expect(ending(gapRule(0.4), [0.9, 0.5], [8, 16]).pass).toBeLessThanOrEqual(0.05);
  });

  test('is settled early by a clear gap and by rates that are clearly alike', () => {
    const planned = { a: 1000, b: 1000 };
    const of = (a: number, b: number) => judgeOne(gapRule(0.05), { a: [a, 100], b: [b, 100] }, planned);
    expect(of(95, 40)).toMatchObject({ verdict: 'fail', total: 200, planned: 2000, measured: expect.closeTo(0.55, 9) });
    expect(of(95, 90).verdict).toBe('inconclusive');
    const alike = judgeOne(gapRule(0.2), { a: [480, 500], b: [481, 500] }, planned);
    expect(alike.verdict).toBe('pass');
    expect(alike.why).toContain('after 1000 of 2000 examples');
    const waiting = judgeOne(gapRule(0.2), { a: [480, 500], b: [481, 500] }, { ...planned, c: 500 });
    expect(waiting).toMatchObject({ verdict: 'inconclusive' });
    expect(waiting.final).toBeUndefined();
    const small = judgeOne(gapRule(0.2), { a: [480, 500], b: [481, 500] }, { ...planned, c: 3 });
    expect(small).toMatchObject({ verdict: 'inconclusive', final: true });
  });

  test('once all examples are there is judged by half of its level, as usual', () => {
    const whole = judgeOne(gapRule(0), { a: [56, 70], b: [40, 80] }, { a: 70, b: 80 });
    expect(whole.method).toMatch(/permutation χ².*half of α = 0.05/);
  });
});

describe('a run', () => {
  const rules: GateRule[] = [
    { kind: 'attack-health', level: 'error' },
    { kind: 'max-drop', level: 'error', metric, margin: 0.01, alpha: 0.05 },
    worstRule(0.5),
    { kind: 'ceiling', level: 'error', metric: 'ece@clean', threshold: 0.1, by: 'bound' },
  ];
  const declared = [
    { id: 'ece@clean', unit: 'proportion' as const },
    { id: `${metric}[tone=a]`, unit: 'proportion' as const, total: 7, group: { tone: 'a' } },
  ];

  test('can stop for rules on accuracies of known examples, and says why not for others', () => {
    const { planned, unsettleable } = horizonsOf(rules, { declared, examples: 9, hasBaseline: true });
    expect(Object.fromEntries(planned)).toEqual({
      [metric]: { total: 9 },
      [`${metric}[tone=a]`]: { total: 7, group: { tone: 'a' } },
    });
    expect([...unsettleable.keys()]).toEqual(['ceiling ece@clean']);
    const bare = horizonsOf(rules.slice(1, 3), { declared: [], examples: 9, hasBaseline: false });
    expect([...bare.unsettleable.values()]).toEqual([
      expect.stringContaining('no baseline yet'),
      expect.stringContaining('no proportion of examples'),
    ]);
  });

  test('keeps a final gate as it was settled', () => {
    const settled = new Map<string, Judged>();
    const at = (counts: Counts, planned: Record<string, number>) =>
      settle([worstRule(0.5)], { findings: findings(counts), models: ['m'], planned: horizons(planned) }, settled)[0];
    const final = at({ a: [100, 100], b: [1, 1] }, { a: 200, b: 3 });
    expect(at({ a: [100, 190], b: [1, 1] }, { a: 200, b: 3 })).toBe(final);
  });
});
