/** What presets ask of a run, and that rules of the config come before them. */
import { expect, test } from 'vitest';
import { checkHealth, expandGates, type GateRule, idOf } from '../../src/gate/index.ts';
import type { AuditPlan } from '../../src/plugin/index.ts';

const plan: AuditPlan = {
  models: ['old', 'new'],
  classes: ['a', 'b'],
  groupColumns: ['tone'],
  evaluations: [
    { id: 'clean', attack: 'clean', title: 'Clean' },
    { id: 'pgd:linf:8/255', attack: 'pgd', title: 'PGD' },
    { id: 'pgd-from-old:linf:8/255', attack: 'pgd', title: 'PGD', surrogate: 'old' },
  ],
  examples: [],
  audits: ['robust-accuracy', 'evaluation-health'],
};
const all = [
  'attack-health',
  'max-drop clean-accuracy',
  'max-drop robust-accuracy@pgd:linf:8/255',
  'max-drop robust-accuracy@pgd-from-old:linf:8/255',
  'subgroup-gap clean-accuracy by tone',
];

test('recommended: sound attacks, no regression, no gap; the model that an attack is made on is not judged by it', () => {
  const rules = expandGates([{ preset: 'recommended' }], plan);
  expect(rules.map(idOf)).toEqual(all);
  expect(rules.map(({ level }) => level)).toEqual(['error', 'error', 'error', 'error', 'warn']);
  expect(rules[3].models).toEqual(['new']);
});

test('strict asks at level error, report-only at level warn; neither asks for what was not run', () => {
  const of = (preset: 'strict' | 'report-only') => expandGates([{ preset }], plan);
  expect(of('strict').every(({ level }) => level === 'error')).toBe(true);
  expect(of('strict').map(idOf)).toContain('subgroup-gap robust-accuracy@pgd:linf:8/255 by tone');
  expect(of('report-only').every(({ level }) => level === 'warn')).toBe(true);
  const bare = { ...plan, groupColumns: [], evaluations: plan.evaluations.slice(0, 1) };
  expect(expandGates([{ preset: 'strict' }], bare).map(idOf)).toEqual(['max-drop clean-accuracy']);
});

test('the rules of a preset stand where the config names it', () => {
  const source = { file: 'p.yaml', line: 4, column: 5 };
  const rules = expandGates([{ preset: 'recommended', source }, { preset: 'report-only' }], plan);
  expect(new Set(rules.map((rule) => rule.source))).toEqual(new Set([undefined]));
  const alone = expandGates([{ preset: 'strict', source }], plan);
  expect(alone.length).toBeGreaterThan(0);
  expect(alone.every((rule) => rule.source === source)).toBe(true);
});

test('a later rule takes the place of a preset’s of the same id, for the models that it binds', () => {
  const drop = { kind: 'max-drop', level: 'warn', metric: 'clean-accuracy', margin: 0.1, alpha: 0.05 } as const;
  const ofDrop = (rule: GateRule) =>
    expandGates([{ preset: 'recommended' }, rule], plan)
      .filter((one) => idOf(one) === idOf(drop))
      .map(({ level, models }) => [level, models]);
  expect(ofDrop(drop)).toEqual([['warn', undefined]]);
  expect(ofDrop({ ...drop, models: ['new'] })).toEqual([
    ['error', ['old']],
    ['warn', ['new']],
  ]);
  const off = expandGates([{ preset: 'recommended' }, { kind: 'attack-health', level: 'off' }], plan);
  expect(() => checkHealth(off, false)).not.toThrow();
  expect(() => checkHealth(expandGates([{ preset: 'recommended' }], plan), false)).toThrow('evaluation-health');
});
