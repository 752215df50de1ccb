/** What follows from verdicts: levels, contexts, flags, accepted risks, and an exit code that always agrees with the words. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgingDay, type RecordedRisk } from '../../src/gate/accepted-risks.ts';
import { exitCode, type Judged, overall, weigh } from '../../src/gate/index.ts';
import type { Gating, Verdict } from '../../src/plugin/index.ts';
import { gateResult } from '../support/gate-result.ts';

const release: Gating = { context: 'release', inconclusive: 'blocks', off: [] };
const pullRequest: Gating = { context: 'pull-request', inconclusive: 'warns', off: [] };

function judged(rest: Partial<Judged>): Judged {
  const { effect: _, ...result } = gateResult(rest);
  return { ...result, ...(rest.warnsAtMost && { warnsAtMost: true }) };
}
const today = '2030-06-15';
const run = (some: Judged[], gating: Gating, risks: RecordedRisk[] = []) => {
  const { gates, acceptedRisks } = weigh(some, gating, risks, today);
  const verdict = overall(gates, gating);
  return { gates, acceptedRisks, verdict, code: exitCode(verdict.status) };
};

describe('levels and contexts', () => {
  test.each<[Partial<Judged>, Gating, number, string]>([
    [{ verdict: 'fail' }, release, 1, 'blocks'],
    [{ verdict: 'fail', level: 'warn' }, release, 0, 'warns'],
    [{ verdict: 'fail', level: 'warn' }, { ...release, failOn: 'warn' }, 1, 'blocks'],
    [{ verdict: 'fail' }, { ...release, reportOnly: true }, 0, 'warns'],
    [{ verdict: 'inconclusive' }, release, 3, 'blocks'],
    [{ verdict: 'inconclusive' }, pullRequest, 0, 'warns'],
    [{ verdict: 'inconclusive', level: 'warn' }, release, 0, 'warns'],
    [{ verdict: 'inconclusive', warnsAtMost: true }, release, 0, 'warns'],
    [{ verdict: 'error' }, pullRequest, 3, 'blocks'],
    [{ verdict: 'error', level: 'warn' }, release, 3, 'blocks'],
    [{ verdict: 'pass' }, release, 0, 'none'],
    [{ verdict: 'not applicable' }, release, 0, 'none'],
  ])('%o in %o: exit code %i', (rest, gating, code, effect) => {
    const result = run([judged(rest)], gating);
    expect(result.code).toBe(code);
    expect(result.gates[0].effect).toBe(effect);
  });

  test('a run that only reports says so, and is no pass', () => {
    const { verdict } = run([judged({ verdict: 'fail' }), judged({ verdict: 'pass' })], {
      ...release,
      reportOnly: true,
    });
    expect(verdict.status).toBe('not applicable');
    expect(verdict.sentence).toMatch(/^Report only: nothing here stops a release\. 1 of 2 gates does not hold/);
  });

  test('the sentence and the exit code agree, whatever the gates say', () => {
    const verdict = fc.constantFrom<Verdict>('pass', 'fail', 'inconclusive', 'error', 'not applicable');
    const level = fc.constantFrom('warn' as const, 'error' as const);
    fc.assert(
      fc.property(
        fc.array(fc.record({ verdict, level }), { minLength: 1 }),
        fc.constantFrom(release, pullRequest, { ...release, failOn: 'warn' } as Gating),
        (some, gating) => {
          const { verdict: said, code, gates } = run(some.map(judged), gating);
          expect(code === 0).toBe(gates.every(({ effect }) => effect !== 'blocks'));
          expect(said.sentence.startsWith('Cannot certify')).toBe(code === 3);
          expect(/fails?: /.test(said.sentence) || code !== 1).toBe(true);
          expect(/^(All|The one gate holds|No gate)/.test(said.sentence)).toBe(code === 0);
        },
      ),
    );
  });
});

const risk = (rest: Partial<RecordedRisk> = {}): RecordedRisk => ({
  gate: 'floor x',
  model: 'm',
  measured: 0.4,
  reason: 'old data',
  owner: 'Ada',
  expires: '2030-12-31',
  ...rest,
});

describe('accepted risks', () => {
  const at = (measured: number | null, rest: Partial<Judged> = {}) => [judged({ verdict: 'fail', measured, ...rest })];
  const state = (some: Judged[], risks = [risk()]) => {
    const { acceptedRisks, code } = run(some, release, risks);
    return [acceptedRisks[0].state, code];
  };

  test('as recorded or better it excuses; beyond half a point it does not', () => {
    expect(state(at(0.4))).toEqual(['holds', 0]);
    expect(state(at(0.45))).toEqual(['holds', 0]);
    expect(state(at(0.396))).toEqual(['holds', 0]);
    expect(state(at(0.394))).toEqual(['worse', 1]);
  });

  test('for a ceiling, a drop and a gap, more is worse', () => {
    for (const kind of ['ceiling', 'max-drop', 'subgroup-gap'] as const) {
      const about = { kind, id: 'g', required: '≤ 30 %' };
      expect(state(at(0.41, about), [risk({ gate: 'g' })])).toEqual(['worse', 1]);
      expect(state(at(0.39, about), [risk({ gate: 'g' })])).toEqual(['holds', 0]);
    }
    const worst = { kind: 'worst-subgroup', id: 'g', required: 'every subgroup ≥ 50 %' } as const;
    expect(state(at(0.39, worst), [risk({ gate: 'g' })])).toEqual(['worse', 1]);
  });

  test('expires after its last day', () => {
    expect(state(at(0.4), [risk({ expires: today })])).toEqual(['holds', 0]);
    expect(state(at(0.4), [risk({ expires: '2030-06-14' })])).toEqual(['expired', 1]);
  });

  test('an error is never excused, nor what has lost its value, nor a failure where only doubt was accepted', () => {
    expect(state(at(null, { verdict: 'error' }))).toEqual(['worse', 3]);
    expect(state(at(null, { verdict: 'inconclusive' }))).toEqual(['worse', 3]);
    expect(state(at(0.4), [risk({ measured: null })])).toEqual(['worse', 1]);
    expect(state(at(null, { verdict: 'inconclusive' }), [risk({ measured: null })])).toEqual(['holds', 0]);
  });

  test('unneeded, it asks for pruning and blocks nothing', () => {
    const { gates, acceptedRisks, code, verdict } = run([judged({ verdict: 'pass', measured: 0.6 })], release, [
      risk(),
      risk({ gate: 'gone' }),
    ]);
    expect(acceptedRisks.map((one) => one.state)).toEqual(['unused', 'unused']);
    expect(gates[0]).toMatchObject({ effect: 'warns', fix: expect.stringContaining('proofhouse prune') });
    expect(code).toBe(0);
    expect(verdict.sentence).toContain('1 accepted risk to prune');
  });

  test('binds one model alone', () => {
    const both = [...at(0.4), ...at(0.4, { model: 'other' })];
    expect(run(both, release, [risk()]).gates.map(({ effect }) => effect)).toEqual(['warns', 'blocks']);
  });

  test('the day is SOURCE_DATE_EPOCH’s where it is set', () => {
    expect(judgingDay({ SOURCE_DATE_EPOCH: '1700000000' })).toBe('2023-11-14');
    expect(judgingDay({})).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(() => judgingDay({ SOURCE_DATE_EPOCH: 'soon' })).toThrow('SOURCE_DATE_EPOCH');
  });
});
