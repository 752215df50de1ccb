/** Robust accuracy on hand-counted rows. */
import { expect, test } from 'vitest';
import robustAccuracy from '../../audits/robust-accuracy.ts';
import type { Finding } from '../../src/plugin/index.ts';
import { wilson } from '../../src/statistics/index.ts';
import { auditInput } from './input.ts';

const metric = (finding: Finding, id: string, model = 'm') => {
  const found = finding.metrics.find((candidate) => candidate.id === id && candidate.model === model);
  if (found === undefined)
    throw new Error(`no metric ${id} among ${finding.metrics.map((each) => each.id).join(', ')}`);
  return found;
};

const labels = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
const input = auditInput({
  classes: ['a', 'b'],
  labels,
  models: {
    m: {
      // Wrong on the last two.
      clean: [0, 0, 0, 0, 1, 1, 1, 1, 0, 0],
      // Fells 0 and 1; the second does not survive rounding. Example 9 happens to be right again: it still counts as not robust.
      'pgd:linf:4/255': {
        predictions: [1, 1, 0, 0, 1, 1, 1, 1, 0, 1],
        survives8bit: [true, false, false, false, false, false, false, false, true, false],
      },
      'pgd:linf:8/255': [1, 1, 1, 0, 1, 1, 1, 1, 0, 0],
      // Fells 4 and 5, whom PGD leaves standing.
      'fgsm:linf:8/255': [0, 0, 0, 0, 0, 0, 1, 1, 0, 0],
      'fgsm:l2:1/2': [0, 0, 0, 1, 1, 1, 1, 1, 0, 0],
    },
  },
});
const finding = robustAccuracy.measure(input, {});

test('a clean error is not robust, whatever the attacked prediction', () => {
  expect(metric(finding, 'clean-accuracy')).toMatchObject({ value: 0.8, count: 8, total: 10, better: 'higher' });
  expect(metric(finding, 'robust-accuracy@pgd:linf:4/255')).toMatchObject({ value: 0.6, count: 6, total: 10 });
  expect(metric(finding, 'robust-accuracy@pgd:linf:8/255')).toMatchObject({ value: 0.5, count: 5, total: 10 });
  expect(metric(finding, 'robust-accuracy@pgd:linf:8/255').interval).toEqual(wilson({ count: 5, total: 10 }));
});

test('the worst case is taken by example, not by attack', () => {
  // PGD leaves 5, FGSM 6, but together they fell 0, 1, 2, 4 and 5 of the 8: 3 stand, fewer than the lesser of the two.
  expect(metric(finding, 'robust-accuracy@fgsm:linf:8/255')).toMatchObject({ count: 6 });
  expect(metric(finding, 'robust-accuracy@worst:linf:8/255')).toMatchObject({ value: 0.3, count: 3, total: 10 });
  expect(metric(finding, 'robust-accuracy@worst:linf:4/255')).toMatchObject({ count: 6 });
  expect(metric(finding, 'robust-accuracy@worst:l2:1/2')).toMatchObject({ count: 7 });
});

test('attack success is among clean-correct examples, 8-bit survival among successes', () => {
  expect(metric(finding, 'attack-success@pgd:linf:4/255')).toMatchObject({
    value: 2 / 8,
    count: 2,
    total: 8,
    better: 'lower',
  });
  expect(metric(finding, 'survives-8bit@pgd:linf:4/255')).toMatchObject({ value: 1 / 2, count: 1, total: 2 });
  expect(metric(finding, 'attack-success@worst:linf:8/255')).toMatchObject({ count: 5, total: 8 });
});

test('a smaller ε counts at a larger one: the worst case never recovers', () => {
  const recovering = auditInput({
    classes: ['a', 'b'],
    labels: [0, 0],
    models: { m: { clean: [0, 0], 'fgsm:linf:1/255': [1, 0], 'pgd:linf:2/255': [0, 0] } },
  });
  const { metrics } = robustAccuracy.measure(recovering, {});
  expect(metrics.find(({ id }) => id === 'robust-accuracy@pgd:linf:2/255')?.value).toBe(1);
  expect(metrics.find(({ id }) => id === 'robust-accuracy@worst:linf:2/255')?.value).toBe(0.5);
});

test('a targeted attack: accuracy counts every error, success only the target', () => {
  const targeted = auditInput({
    classes: ['a', 'b', 'c'],
    labels: [0, 0, 0, 0],
    targeted: ['pgd:linf:8/255'],
    models: {
      m: {
        clean: [0, 0, 0, 1],
        'pgd:linf:8/255': { predictions: [2, 1, 0, 1], success: [true, false, false, true] },
      },
    },
  });
  const result = robustAccuracy.measure(targeted, {});
  expect(metric(result, 'robust-accuracy@pgd:linf:8/255')).toMatchObject({ count: 1, total: 4 });
  expect(metric(result, 'attack-success@pgd:linf:8/255')).toMatchObject({ count: 1, total: 3 });
});

test('curves start clean at ε = 0, one chart a norm, with a worst-case line where attacks differ', () => {
  const charts = finding.details.filter((detail) => detail.type === 'curves');
  expect(charts.map(({ title }) => title)).toEqual(['Accuracy under attack, L∞', 'Accuracy under attack, L2']);
  expect(charts[0].lines.map(({ label }) => label)).toEqual(['PGD', 'FGSM', 'Worst case over attacks']);
  expect(charts[0].lines[2].points.map(({ x, y }) => [x, y])).toEqual([
    [0, 0.8],
    [4 / 255, 0.6],
    [8 / 255, 0.3],
  ]);
  expect(charts[0].lines[0].points.map(({ xText }) => xText)).toEqual(['0 (clean)', '4/255', '8/255']);
  expect(charts[1].lines.map(({ label }) => label)).toEqual(['FGSM']);
  expect(metric(finding, 'robust-accuracy@pgd:linf:8/255').label).toBe('Robust accuracy under PGD, L∞ 8/255');
  expect(metric(finding, 'robust-accuracy@fgsm:l2:1/2').label).toBe('Robust accuracy under FGSM, L2 1/2');
});

test('every metric a table names exists, and metric ids are unique within a model', () => {
  const ids = new Set(finding.metrics.map(({ id }) => id));
  expect(ids.size).toBe(finding.metrics.length);
  for (const detail of finding.details)
    if (detail.type === 'table')
      for (const cell of detail.rows.flat())
        if (typeof cell === 'object' && cell !== null) expect(ids).toContain(cell.metric);
});

test('no attack, no examples, and a model that was not attacked', () => {
  const clean = robustAccuracy.measure(auditInput({ classes: ['a'], labels: [0], models: { m: { clean: [0] } } }), {});
  expect(clean.metrics.map(({ id }) => id)).toEqual(['clean-accuracy']);
  expect(clean.summary).toBe('m classifies 100.0 % of 1 images correctly; no attack was run.');

  const empty = robustAccuracy.measure(auditInput({ classes: ['a'], labels: [], models: { m: { clean: [] } } }), {});
  expect(metric(empty, 'clean-accuracy')).toMatchObject({ value: null, count: 0, total: 0 });
  expect(metric(empty, 'clean-accuracy').interval).toBeUndefined();

  const two = robustAccuracy.measure(
    auditInput({
      classes: ['a', 'b'],
      labels: [0],
      models: { m: { clean: [0], 'pgd:linf:8/255': [1] }, other: { clean: [0] } },
    }),
    {},
  );
  expect(two.details).toContainEqual({
    type: 'note',
    level: 'warning',
    text: 'other was not measured under pgd:linf:8/255: what is said of it leaves that out.',
  });
  expect(two.metrics.filter(({ model }) => model === 'other').map(({ id }) => id)).toEqual(['clean-accuracy']);
});
