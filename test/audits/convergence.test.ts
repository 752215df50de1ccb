/** Accuracy against queries, on hand-counted rows, and the thinning of distributions to what a chart can show. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import robustAccuracy from '../../audits/robust-accuracy.ts';
import { scaleOf, stepPoints } from '../../audits/shared/steps.ts';
import type { AuditInput, OutcomeRow } from '../../src/plugin/index.ts';
import { auditInput } from './input.ts';

/** Five images, the last a clean error; 'pgd' at two ε, with these queries by evaluation. */
function inputWith(queries: Record<string, readonly number[]>): AuditInput {
  const input = auditInput({
    classes: ['a', 'b'],
    labels: [0, 0, 0, 0, 0],
    models: { m: { clean: [0, 0, 0, 0, 1], 'pgd:linf:1': [1, 0, 0, 0, 1], 'pgd:linf:2': [1, 1, 1, 0, 1] } },
  });
  return {
    ...input,
    rows: (model, evaluation) =>
      input.rows(model, evaluation)?.map(
        (row, index): OutcomeRow => ({
          ...row,
          queries: { gradient: queries[evaluation]?.[index] ?? 0, score: 1, decision: 0 },
        }),
      ),
  };
}
const charts = (input: AuditInput) => robustAccuracy.measure(input, {}).details.filter(({ type }) => type === 'steps');

test('falls where an image falls, after all that the sweep asked about it', () => {
  // Gradients and one score each: the first falls at ε 1 after 5; the next at ε 2, after 41 + 4 and 41 + 20.
  const input = inputWith({ 'pgd:linf:1': [4, 40, 40, 40, 0], 'pgd:linf:2': [0, 3, 19, 40, 0] });
  expect(charts(input)).toEqual([
    expect.objectContaining({
      title: 'Accuracy as queries are spent, L∞',
      scale: 'log',
      lines: [
        {
          label: 'PGD, 2',
          model: 'm',
          start: 0.8,
          points: [
            { x: 5, y: 0.6 },
            { x: 45, y: 0.4 },
            { x: 61, y: 0.2 },
          ],
        },
      ],
    }),
  ]);
});

test('is not drawn for an attack of a few questions, nor for one that runs once for all its ε', () => {
  expect(charts(inputWith({ 'pgd:linf:1': [4, 4, 4, 4, 0], 'pgd:linf:2': [0, 4, 4, 4, 0] }))).toEqual([]);
  const input = inputWith({ 'pgd:linf:1': [4, 40, 40, 40, 0], 'pgd:linf:2': [4, 40, 40, 40, 0] });
  const once = input.evaluations.map((one) => ({ ...one, fitted: true as const }));
  expect(charts({ ...input, evaluations: once })).toEqual([]);
});

describe('steps', () => {
  test('are points of the function itself, at most a hundred and one, the last one kept', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 2000 }), (values) => {
        const ascending = values.toSorted((a, b) => a - b);
        const points = stepPoints(ascending, (passed) => passed);
        expect(points.length).toBeLessThanOrEqual(101);
        for (const { x, y } of points) expect(y).toBe(ascending.findLastIndex((value) => value <= x) + 1);
        expect(points.at(-1)).toEqual({ x: ascending.at(-1), y: ascending.length });
      }),
    );
  });

  test('want a logarithmic axis where values spread over more than a factor of thirty', () => {
    expect(scaleOf([1, 2, 5, 10])).toBe('linear');
    expect(scaleOf(Array.from({ length: 100 }, (_, index) => 1.1 ** index))).toBe('log');
    expect(scaleOf([])).toBe('linear');
  });
});
