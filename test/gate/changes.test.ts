/** What changed since a baseline: the laws of pairing, agreement with robust accuracy, and what cannot be compared. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import robustAccuracy from '../../audits/robust-accuracy.ts';
import { changesBetween, matchModels } from '../../src/gate/changes.ts';
import type { Standings } from '../../src/gate/standings.ts';
import type { Evaluation } from '../../src/plugin/index.ts';
import { auditInput } from '../audits/input.ts';
import { standings } from '../support/standings.ts';

const evaluations = ['clean', 'fgsm:linf:4/255', 'pgd:linf:4/255', 'pgd:linf:8/255', 'pgd:l2:1/2'];

interface Runs {
  labels: number[];
  groups: Record<string, string>[];
  before: Record<string, number[]>;
  now: Record<string, number[]>;
}

/** Data of two classes, and the predictions of one model before and now. */
const twoRuns: fc.Arbitrary<Runs> = fc.integer({ min: 1, max: 40 }).chain((total) => {
  const bits = fc.array(fc.constantFrom(0, 1), { minLength: total, maxLength: total });
  const model = fc.record(Object.fromEntries(evaluations.map((id) => [id, bits])));
  const group = fc.array(fc.constantFrom<Record<string, string>[]>({ tone: 'dark' }, { tone: 'light' }, {}), {
    minLength: total,
    maxLength: total,
  });
  return fc.record({ labels: bits, groups: group, before: model, now: model });
});

const inputOf = ({ labels, groups }: Runs, predictions: Record<string, number[]>) =>
  auditInput({
    classes: ['a', 'b'],
    labels,
    groups,
    models: { m: predictions },
  });

function compared(runs: Runs) {
  const [before, now] = [inputOf(runs, runs.before), inputOf(runs, runs.now)];
  return { before, now, changes: changesBetween(standings(before), standings(now), now.examples) };
}

test('nothing flips between a run and itself', () => {
  fc.assert(
    fc.property(twoRuns, (runs) => {
      for (const { paired } of compared({ ...runs, before: runs.now }).changes) {
        expect(paired).toMatchObject({ regressed: [], improved: [], drop: 0, p: 1, groups: [] });
        expect(paired && paired.low <= 0 && paired.high >= 0).toBe(true);
      }
    }),
  );
});

test('the drop is the difference of the robust accuracies, worst cases included', () => {
  fc.assert(
    fc.property(twoRuns, (runs) => {
      const { before, now, changes } = compared(runs);
      const [old, young] = [before, now].map((input) => robustAccuracy.measure(input, {}).metrics);
      expect(changes.map(({ evaluation }) => evaluation)).toEqual([
        ...evaluations,
        'worst:linf:4/255',
        'worst:linf:8/255',
        'worst:l2:1/2',
      ]);
      for (const { evaluation, paired } of changes) {
        const id = evaluation === 'clean' ? 'clean-accuracy' : `robust-accuracy@${evaluation}`;
        const value = (metrics: typeof old) => metrics.find((metric) => metric.id === id)?.value ?? Number.NaN;
        expect(paired?.drop).toBeCloseTo(value(old) - value(young), 12);
      }
    }),
  );
});

test('every example stands in both, falls in both, regressed or improved; groups count the same flips', () => {
  fc.assert(
    fc.property(twoRuns, (runs) => {
      for (const { paired } of compared(runs).changes) {
        if (paired === undefined) throw new Error('comparable');
        const { total, stand, fall, regressed, improved, groups } = paired;
        expect(stand + fall + regressed.length + improved.length).toBe(total);
        for (const { value, ...group } of groups) {
          const inGroup = (id: string) => runs.groups[Number(id.slice('image-'.length))].tone === value;
          expect(group.regressed).toBe(regressed.filter(inGroup).length);
          expect(group.improved).toBe(improved.filter(inGroup).length);
          expect(group.total).toBe(runs.groups.filter(({ tone }) => tone === value).length);
        }
      }
    }),
  );
});

test('swapped sides swap the flips and mirror the interval', () => {
  fc.assert(
    fc.property(twoRuns, (runs) => {
      const back = compared({ ...runs, before: runs.now, now: runs.before }).changes;
      compared(runs).changes.forEach(({ paired }, index) => {
        const other = back[index].paired;
        expect(other?.regressed).toEqual(paired?.improved);
        expect(other?.drop).toBeCloseTo(-(paired?.drop ?? Number.NaN), 12);
        expect(other?.low).toBeCloseTo(-(paired?.high ?? Number.NaN), 9);
      });
    }),
  );
});

test('an example that regressed in the worst case regressed under one of its attacks, which is the one that moved', () => {
  fc.assert(
    fc.property(twoRuns, (runs) => {
      const { changes } = compared(runs);
      const regressed = (id: string) => changes.find(({ evaluation }) => evaluation === id)?.paired?.regressed ?? [];
      const members = ['fgsm:linf:4/255', 'pgd:linf:4/255', 'pgd:linf:8/255'].flatMap(regressed);
      for (const id of regressed('worst:linf:8/255')) expect(members).toContain(id);
    }),
  );
});

test('flips come in the order of the data, with the exact one-sided p', () => {
  const runs = {
    labels: [0, 0, 0, 0, 0, 0, 0, 0],
    groups: Array.from({ length: 8 }, () => ({})),
    before: { clean: [0, 0, 0, 0, 0, 0, 1, 1] },
    now: { clean: [1, 1, 1, 1, 1, 0, 0, 1] },
  };
  const [{ paired }] = compared(runs).changes;
  // Binomial(6, ½): P(X ≥ 5) = (6 + 1)/64.
  expect(paired).toMatchObject({
    total: 8,
    stand: 1,
    fall: 1,
    regressed: ['image-0', 'image-1', 'image-2', 'image-3', 'image-4'],
    improved: ['image-6'],
    drop: 0.5,
    confidence: 0.95,
    method: 'Tango',
  });
  expect(paired?.p).toBeCloseTo(7 / 64, 12);
});

describe('what cannot be compared', () => {
  const input = auditInput({
    classes: ['a', 'b'],
    labels: [0, 1],
    models: { m: { clean: [0, 1], 'fgsm:linf:4/255': [0, 1], 'pgd:linf:8/255': [1, 1] } },
  });
  const base = standings(input);
  const differs = (before: Standings, evaluation: string, now = base) => {
    const change = changesBetween(before, now, input.examples).find((one) => one.evaluation === evaluation);
    expect(change?.paired === undefined).toBe((change?.differs.length ?? 0) > 0);
    return change?.differs;
  };
  const altered = (id: string, rest: Partial<Evaluation>): Standings => ({
    ...base,
    evaluations: base.evaluations.map((one) => (one.id === id ? { ...one, ...rest } : one)),
  });

  test.each([
    [
      { dataset: { sha256: 'e'.repeat(64), examples: 2 } },
      'the data: sha256 eeeeeeeeeeee (2 examples) before, sha256 dddddddddddd (2 examples) now',
    ],
    [{ proofhouse: '0.0.9' }, 'Proofhouse: 0.0.9 before, 0.1.0 now'],
    [{ engine: { ...base.engine, instructionSet: 'avx512' } }, 'the CPU instruction set: avx512 before, avx2 now'],
    [
      { engine: { ...base.engine, version: '1.29.0' } },
      'the runtime: onnxruntime-node 1.29.0, cpu before, onnxruntime-node 1.30.0, cpu now',
    ],
  ])('clean and attacked: %o', (rest, words) => {
    for (const evaluation of ['clean', 'pgd:linf:8/255', 'worst:linf:8/255'])
      expect(differs({ ...base, ...rest }, evaluation)).toEqual([words]);
  });

  test.each([
    [{ seed: 4 }, 'the seed: 4 before, 0 now'],
    [{ plugins: ['f'.repeat(64)] }, 'the plugins: sha256 ffffffffffff before, none now'],
  ])('attacked, but not clean: %o', (rest, words) => {
    expect(differs({ ...base, ...rest }, 'clean')).toEqual([]);
    expect(differs({ ...base, ...rest }, 'pgd:linf:8/255')).toEqual([words]);
  });

  test.each<[Partial<Evaluation>, string]>([
    [{ options: { steps: 20 } }, 'its option steps: 20 before, none now'],
    [{ goal: 'random' }, 'the goal: random before, untargeted now'],
    [{ surrogate: 'other' }, 'the surrogate: other before, none now'],
    [{ norm: 'l2' }, 'the norm: l2 before, linf now'],
    [{ attack: 'apgd' }, 'the attack: apgd before, pgd now'],
  ])('one attack alone: %o', (rest, words) => {
    const before = altered('pgd:linf:8/255', rest);
    expect(differs(before, 'fgsm:linf:4/255')).toEqual([]);
    expect(differs(before, 'pgd:linf:8/255')).toEqual([words]);
  });

  test('a sweep with another smaller radius, for what falls there is not attacked again', () => {
    const swept = auditInput({
      classes: ['a', 'b'],
      labels: [0, 1],
      models: { m: { clean: [0, 1], 'pgd:linf:4/255': [0, 1], 'pgd:linf:8/255': [1, 1] } },
    });
    expect(differs(standings(swept), 'pgd:linf:8/255')).toEqual([
      `the radii up to this one: ${4 / 255}, ${8 / 255} before, ${8 / 255} now`,
    ]);
    expect(differs(standings(swept), 'pgd:linf:4/255')).toEqual(['it was evaluated before and is no more']);
  });

  test('the order of options says nothing', () => {
    const now = altered('pgd:linf:8/255', { options: { a: { x: 1, y: 2 }, b: 2 } });
    const before = altered('pgd:linf:8/255', { options: { b: 2, a: { y: 2, x: 1 } } });
    expect(differs(before, 'pgd:linf:8/255', now)).toEqual([]);
  });

  test('an attack that is new makes its worst case another one', () => {
    const fewer = auditInput({
      classes: ['a', 'b'],
      labels: [0, 1],
      models: { m: { clean: [0, 1], 'pgd:linf:8/255': [1, 1] } },
    });
    expect(differs(standings(fewer), 'fgsm:linf:4/255')).toEqual(['the baseline has no outcomes of it']);
    expect(differs(standings(fewer), 'worst:linf:8/255')).toEqual(['the attacks: fgsm:linf:4/255 only now']);
    expect(differs(base, 'worst:linf:8/255', standings(fewer))).toEqual(['the attacks: fgsm:linf:4/255 only before']);
  });
});

test('models are matched by name, or one to one', () => {
  const named = (...names: string[]) => names.map((name) => ({ name }));
  expect(matchModels(named('old'), named('new'))).toEqual([{ model: 'new', baselineModel: 'old' }]);
  expect(matchModels(named('a', 'b'), named('b', 'c'))).toEqual([
    { model: 'b', baselineModel: 'b' },
    { model: 'c', baselineModel: undefined },
  ]);
});
