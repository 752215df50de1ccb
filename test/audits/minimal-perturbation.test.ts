/** Quartiles and mean of the smallest perturbation, on hand-counted rows, and the rows that an attack's one run leaves. */
import { expect, test } from 'vitest';
import fmn from '../../attacks/gradient/fmn.ts';
import robustAccuracy from '../../audits/robust-accuracy.ts';
import type { AuditInput, OutcomeRow } from '../../src/plugin/index.ts';
import { defineAttack, z } from '../../src/plugin/index.ts';
import { affineModel, oracleOf } from '../support/analytic-model.ts';
import { noiseImages, runAttack } from '../support/attack-run.ts';
import { auditInput } from './input.ts';

/** Rows of 'fmn:l2' at ε = 1 and 2 with these distances; undefined: nothing found. The last `cleanErrors` are wrong already. */
function inputWith(distances: readonly (number | undefined)[], cleanErrors: number): AuditInput {
  const labels = distances.map(() => 0);
  const clean = labels.map((_, i) => (i >= labels.length - cleanErrors ? 1 : 0));
  const within = (epsilon: number) =>
    distances.map((distance, i) => (clean[i] === 1 || (distance ?? Number.POSITIVE_INFINITY) <= epsilon ? 1 : 0));
  const input = auditInput({
    classes: ['a', 'b'],
    labels,
    models: { m: { clean, 'fmn:l2:1': within(1), 'fmn:l2:2': within(2) } },
  });
  return {
    ...input,
    evaluations: input.evaluations.map((one) => (one.id === 'clean' ? one : { ...one, budget: 'minimal-norm' })),
    rows: (model, evaluation) =>
      input.rows(model, evaluation)?.map((row, i): OutcomeRow => {
        const distance = distances[i];
        if (evaluation === 'clean' || distance === undefined) return row;
        return { ...row, distances: { linf: distance, l2: distance, l1: distance, l0: distance } };
      }),
  };
}

const values = (input: AuditInput) =>
  Object.fromEntries(
    robustAccuracy
      .measure(input, {})
      .metrics.filter(({ id }) => id.includes('perturbation@'))
      .map(({ id, value }) => [id, value]),
  );

test('over all examples: clean errors are 0, and each attack counts once for all its ε', () => {
  // In order: 0, 0.5, 1, 1.5, 4.
  expect(values(inputWith([1.5, 0.5, 1, 4, 0], 1))).toEqual({
    'lower-quartile-perturbation@fmn:l2': 0.5,
    'median-perturbation@fmn:l2': 1,
    'upper-quartile-perturbation@fmn:l2': 1.5,
    'mean-perturbation@fmn:l2': 1.4,
  });
});

test('a failure is infinite: it moves the quartiles, and what it makes infinite has no value', () => {
  expect(values(inputWith([1, 2, undefined, undefined], 0))).toEqual({
    'lower-quartile-perturbation@fmn:l2': 1.75,
    'median-perturbation@fmn:l2': null,
    'upper-quartile-perturbation@fmn:l2': null,
    'mean-perturbation@fmn:l2': null,
  });
});

test('the chart is the distribution function: clean errors at its start, failures above its end', () => {
  const { details } = robustAccuracy.measure(inputWith([1.5, 0.5, 1.5, undefined, 0], 1), {});
  expect(details.filter(({ type }) => type === 'steps')).toEqual([
    expect.objectContaining({
      scale: 'linear',
      lines: [
        {
          label: 'FMN',
          model: 'm',
          start: 0.2,
          points: [
            { x: 0.5, y: 0.4 },
            { x: 1.5, y: 0.8 },
          ],
        },
      ],
    }),
  ]);
});

test('a fixed-ε attack has no such metric', () => {
  const input = auditInput({ classes: ['a', 'b'], labels: [0], models: { m: { clean: [0], 'pgd:l2:1': [1] } } });
  expect(values(input)).toEqual({});
});

test('rows say how far the nearest point is even beyond ε, and have no distance where nothing was found', async () => {
  const model = affineModel(48, 3);
  const images = noiseImages(model, 3);
  const shape = { channels: 3, height: 4, width: 4 };
  const rows = await runAttack({ attack: fmn, norm: 'l2', epsilons: [1e-6, 10], shape }, images, oracleOf(model));
  for (let i = 0; i < rows.length; i += 2) {
    expect(rows[i].row.success).toBe(false);
    expect(rows[i + 1].row.success).toBe(true);
    expect(rows[i].row.distances).toEqual(rows[i + 1].row.distances);
  }
  const idle = defineAttack({
    name: 'idle',
    title: 'Finds nothing',
    reference: 'none',
    access: 'none',
    threats: ['l2'],
    budget: 'minimal-norm',
    options: z.strictObject({}),
    *attack({ image }) {
      return image.slice();
    },
  });
  for (const { row } of await runAttack({ attack: idle, norm: 'l2', epsilons: [1], shape }, images, oracleOf(model)))
    expect(row.distances).toBeUndefined();
});
