/** The comparison with a baseline: exact error rates by enumeration, published McNemar values, and what is never a pass. */
import { describe, expect, test } from 'vitest';
import { type GateRule, type Given, type Judged, judge } from '../../src/gate/index.ts';
import { fewestFlips } from '../../src/gate/rules/max-drop.ts';
import type { Change } from '../../src/plugin/index.ts';
import { mcnemarExact } from '../../src/statistics/index.ts';
import { binomial } from './binomial.ts';

const ids = (count: number) => Array.from({ length: count }, (_, index) => `image-${index}`);

/** With the interval that a normal approximation gives: what interval it is, is not the gate's business. */
function change(regressed: number, improved: number, total: number, rest: Partial<Change> = {}): Change {
  const drop = (regressed - improved) / total;
  const half = 1.96 * Math.sqrt((regressed + improved) / total ** 2 - drop ** 2 / total);
  const paired = {
    total,
    stand: total - regressed - improved,
    fall: 0,
    regressed: ids(regressed),
    improved: ids(improved),
    drop,
    low: drop - half,
    high: drop + half,
    confidence: 0.95,
    method: 'Wald',
    p: mcnemarExact(regressed, improved, 'worse'),
    groups: [],
  };
  return { model: 'm', baselineModel: 'm', evaluation: 'clean', differs: [], paired, ...rest };
}

const rule = (margin: number, metric = 'clean-accuracy'): GateRule => ({
  kind: 'max-drop',
  level: 'error',
  metric,
  margin,
  alpha: 0.05,
});
const given = (changes: Change[] | undefined, rest: Partial<Given> = {}): Given => ({
  findings: [],
  models: ['m'],
  changes,
  ...rest,
});
const one = (margin: number, changed: Change, rest: Partial<Given> = {}): Judged =>
  judge([rule(margin)], given([changed], rest))[0];

describe('max-drop', () => {
  test('an unchanged model whose flips are coin tosses fails in at most 5 % of runs, however many flip', () => {
    for (const flips of [5, 6, 12, 30, 45]) {
      let failing = 0;
      for (const [regressed, chance] of binomial(flips, 0.5).entries())
        if (one(0, change(regressed, flips - regressed, 1000)).verdict === 'fail') failing += chance;
      expect(failing).toBeLessThanOrEqual(0.05);
      expect(failing).toBeGreaterThan(0.005);
    }
  });

  test('needs evidence and size', () => {
    // One-sided p of 22 against 6 is half the two-sided .003719166.
    const certain = change(22, 6, 1000);
    expect(one(0.01, certain)).toMatchObject({ verdict: 'fail', measured: 0.016, total: 1000 });
    expect(one(0.01, certain).why).toContain('p = 0.0019');
    // As certain, and no larger than the margin.
    expect(one(0.02, certain).verdict).toBe('inconclusive');
    expect(one(0.03, certain).verdict).toBe('pass');
    // Larger than the margin, and no more than chance: 10 against 5.
    expect(one(0.01, change(10, 5, 100))).toMatchObject({ verdict: 'inconclusive' });
  });

  test('no drop of fewer than five flips can be significant, and the gate says so', () => {
    expect(fewestFlips(0.05)).toBe(5);
    expect(mcnemarExact(5, 0, 'worse')).toBeLessThanOrEqual(0.05);
    expect(mcnemarExact(4, 0, 'worse')).toBeGreaterThan(0.05);
    expect(fewestFlips(0.5)).toBe(1);
    const result = one(0.01, change(4, 0, 50));
    expect(result.verdict).toBe('inconclusive');
    expect(result.why).toContain('Fewer than 5 flips can never be significant');
  });

  test('says about how many more examples would settle it, and is right', () => {
    const open = one(0.01, change(10, 5, 100));
    const more = Number(/About (\d+) more/.exec(open.fix ?? '')?.[1]);
    const scaled = (times: number) => change(Math.round(10 * times), Math.round(5 * times), Math.round(100 * times));
    expect(one(0.01, scaled(1 + more / 100)).verdict).toBe('fail');
    expect(one(0.01, scaled(1 + (0.7 * more) / 100)).verdict).toBe('inconclusive');
  });

  test('a gain passes; the baseline’s own file passes without a flip, however few the examples', () => {
    expect(one(0.01, change(2, 30, 1000)).verdict).toBe('pass');
    const still = change(0, 0, 20);
    const wide = { ...still, paired: { ...still.paired!, high: 0.16 } };
    expect(one(0.01, wide).verdict).toBe('inconclusive');
    expect(one(0.01, wide, { unchanged: ['m'] }).verdict).toBe('pass');
  });

  test('without a comparison it is never a pass', () => {
    const differs = ['the data: sha256 a before, b now'];
    const { paired: _, ...bare } = change(0, 0, 100);
    expect(one(0.01, { ...bare, differs })).toMatchObject({
      verdict: 'inconclusive',
      measured: null,
      why: expect.stringContaining(differs[0]),
    });
    expect(one(0.01, change(0, 0, 0)).verdict).toBe('inconclusive');
    expect(one(0.01, change(0, 0, 100, { model: 'other' })).verdict).toBe('inconclusive');
    const absent = (missingBaseline?: 'warn' | 'error') =>
      judge([rule(0.01)], given(undefined, { missingBaseline }))[0];
    expect(absent('error').verdict).toBe('error');
    expect(absent('warn')).toMatchObject({ verdict: 'inconclusive', warnsAtMost: true });
    expect(absent()).toMatchObject({ verdict: 'inconclusive', warnsAtMost: true });
  });
});
