/** Contradictions between attacks, on rows counted by hand. */
import { expect, test } from 'vitest';
import evaluationHealth from '../../audits/evaluation-health.ts';
import type { AuditInput } from '../../src/plugin/index.ts';
import { auditInput } from './input.ts';

const access: Record<string, string> = {
  fgsm: 'gradient',
  pgd: 'gradient',
  square: 'score',
  hsj: 'decision',
  'uniform-noise': 'decision',
};

/** Ten examples of class 0; each attack's list says which fall to it. `wrong` are wrong clean. */
function checksOf(
  attacks: Record<string, readonly number[]>,
  {
    wrong = [],
    lost = {},
    surrogates = {},
    targeted = [],
    radii,
  }: {
    wrong?: readonly number[];
    lost?: Record<string, readonly number[]>;
    /** Evaluation → the model it was made on. */
    surrogates?: Record<string, string>;
    targeted?: readonly string[];
    /** Certified L∞ radius of each example; blank: none. */
    radii?: readonly string[];
  } = {},
) {
  const labels = Array.from({ length: 10 }, () => 0);
  const rows = (fell: readonly number[], unsaved: readonly number[] = []) => {
    const success = labels.map((_, i) => fell.includes(i) || wrong.includes(i));
    return {
      predictions: success.map(Number),
      success,
      survives8bit: success.map((fallen, i) => fallen && !unsaved.includes(i)),
    };
  };
  const evaluations = Object.entries(attacks).map(([id, fell]) => [id, rows(fell, lost[id])] as const);
  const input = auditInput({
    classes: ['a', 'b'],
    labels,
    models: { m: { clean: rows([]), ...Object.fromEntries(evaluations) } },
    targeted,
    ...(radii && { groups: radii.map((radius): Record<string, string> => (radius === '' ? {} : { radius })) }),
  });
  const given: AuditInput = {
    ...input,
    evaluations: input.evaluations.map((one) =>
      one.id in surrogates
        ? { ...one, access: 'none', surrogate: surrogates[one.id] }
        : { ...one, access: access[one.attack] ?? '' },
    ),
    // Each point lies on the sphere of its ε.
    rows: (model, id) =>
      input.rows(model, id)?.map((row) => {
        const linf = input.evaluations.find((one) => one.id === id)?.epsilon ?? 0;
        return { ...row, distances: { linf, l2: 1, l1: 1, l0: 1 } };
      }),
  };
  const finding = evaluationHealth.measure(given, {
    examples: 64,
    ...(radii && { certified: { column: 'radius', norm: 'linf' as const } }),
  });
  const tables = finding.details.filter((detail) => detail.type === 'table');
  const attribution = tables.find(({ title }) => title.startsWith('Which attack'));
  const checks = Object.fromEntries(
    tables
      .filter((table) => table !== attribution)
      .flatMap(({ rows: listed }) => listed)
      .map(([id, verdict, , value, , examples]) => [id, { verdict, value, examples }]),
  );
  return { checks, attribution: attribution?.rows, metrics: finding.metrics, summary: finding.summary };
}

test('what falls to one step and stands after an iterative attack is listed', () => {
  const { checks } = checksOf({ 'fgsm:linf:8/255': [0, 1, 2], 'pgd:linf:8/255': [0, 1, 3, 4] }, { wrong: [9] });
  expect(checks.C1).toEqual({ verdict: 'fail', value: '1 of 9, 11.1 % (pgd:linf:8/255)', examples: 'image-2' });
  expect(checksOf({ 'fgsm:linf:8/255': [0], 'pgd:linf:8/255': [0, 1] }).checks.C1.verdict).toBe('ok');
  expect(checksOf({ 'fgsm:linf:4/255': [0], 'pgd:linf:8/255': [] }).checks.C1.verdict).toBe('n/a');
});

test('an example that recovers at a larger ε shows a broken attack', () => {
  const { checks } = checksOf({ 'pgd:linf:4/255': [0, 1], 'pgd:linf:8/255': [1, 2] });
  expect(checks.C4).toEqual({ verdict: 'fail', value: '1 of 10, 10.0 % (pgd:linf:8/255)', examples: 'image-0' });
  // Another attack, or another norm, may well be weaker.
  expect(checksOf({ 'fgsm:linf:4/255': [0], 'pgd:linf:8/255': [] }).checks.C4.verdict).toBe('n/a');
});

test.each([
  ['square', ['AA-square', 'C7', 'C9'], ['C8']],
  ['hsj', ['C7', 'C9'], ['AA-square', 'C8']],
  ['uniform-noise', ['C7', 'C8'], ['AA-square', 'C9']],
])('what %s alone brings down contradicts the white-box attacks', (attack, failing, others) => {
  const white = { 'pgd:linf:8/255': [0, 1], 'fgsm:linf:8/255': [0, 2] };
  const { checks, metrics } = checksOf({ ...white, [`${attack}:linf:8/255`]: [1, 2, 7] });
  for (const id of failing) expect(checks[id]).toMatchObject({ verdict: 'fail', examples: 'image-7' });
  for (const id of others) expect(checks[id].verdict).toBe('n/a');
  expect(metrics.find(({ id }) => id === 'health-checks-failed')?.value).toBeGreaterThanOrEqual(failing.length);
  const agreeing = checksOf({ ...white, [`${attack}:linf:8/255`]: [1, 2] }).checks;
  for (const id of failing) expect(agreeing[id].verdict).toBe('ok');
});

test('a black box at a larger ε, or in another norm, contradicts nothing', () => {
  const { checks } = checksOf({ 'pgd:linf:8/255': [0], 'square:l2:1/2': [1], 'uniform-noise:linf:16/255': [2] });
  for (const id of ['AA-square', 'C7', 'C8', 'C9']) expect(checks[id].verdict).toBe('n/a');
});

test('what noise finds in a smaller ball, a white-box attack must find in a larger one', () => {
  const { checks } = checksOf({ 'pgd:linf:2/255': [3], 'pgd:linf:8/255': [0, 3], 'uniform-noise:linf:4/255': [2, 3] });
  expect(checks.C8).toMatchObject({ verdict: 'fail', examples: 'image-2' });
});

test('a targeted attack that finds more than untargeted ones is listed, whatever wrong class it reached', () => {
  const targeted = ['fgsm:linf:8/255'];
  expect(checksOf({ 'pgd:linf:8/255': [0, 5], 'fgsm:linf:8/255': [5] }, { targeted }).checks.C10.verdict).toBe('ok');
  expect(checksOf({ 'pgd:linf:8/255': [0], 'fgsm:linf:8/255': [5] }, { targeted }).checks.C10).toEqual({
    verdict: 'warn',
    value: '1 of 10, 10.0 % (fgsm:linf:8/255)',
    examples: 'image-5',
  });
});

test('an attack made on a surrogate that finds more is a warning, and fails no other check but C7', () => {
  const attacks = { 'pgd:linf:8/255': [0], 'pgd-from-n:linf:8/255': [0, 6] };
  const { checks } = checksOf(attacks, { surrogates: { 'pgd-from-n:linf:8/255': 'n' } });
  expect(checks.C11).toMatchObject({ verdict: 'warn', examples: 'image-6' });
  expect(checks.C7).toMatchObject({ verdict: 'fail', examples: 'image-6' });
  expect(checks.C9.verdict).toBe('n/a');
  expect(checks.C13).toMatchObject({ verdict: 'n/a', value: 'nothing was seen to hide the gradient' });
  expect(checksOf({ 'pgd:linf:8/255': [0] }).checks.C11.value).toContain('no attack was made on a surrogate');
});

test('a success inside a certified radius contradicts the certificate', () => {
  const radii = ['0.02', '0.04', '', '0', '0.04', '0.04', '0.04', '0.04', '0.04', '0.04'];
  // 8/255 = 0.0314: inside 0.04 alone; image-2 has no certificate.
  const { checks } = checksOf({ 'pgd:linf:8/255': [0, 1, 2, 3] }, { radii });
  expect(checks.C18).toEqual({ verdict: 'fail', value: '1 of 9, 11.1 % (pgd:linf:8/255)', examples: 'image-1' });
  expect(checksOf({ 'pgd:linf:8/255': [0, 2, 3] }, { radii }).checks.C18.verdict).toBe('ok');
  expect(checksOf({ 'pgd:linf:8/255': [0] }).checks.C18.verdict).toBe('n/a');
  for (const wrong of ['-1', 'far', ' '])
    expect(() => checksOf({ 'pgd:linf:8/255': [0] }, { radii: radii.with(0, wrong) })).toThrow(
      /certified radius is expected/,
    );
});

test('who brought down what, and what alone', () => {
  const attacks = { 'pgd:linf:4/255': [6], 'pgd:linf:8/255': [0, 1, 2], 'square:linf:8/255': [2, 3] };
  const { checks, attribution } = checksOf(attacks);
  expect(attribution).toEqual([
    ['m', 'pgd:linf:8/255', 3, '75.0 %', 2],
    ['m', 'square:linf:8/255', 2, '50.0 %', 1],
  ]);
  expect(checks.attribution).toMatchObject({ verdict: 'ok', value: 'pgd:linf:8/255 brings down 75.0 %' });
  // 0, 1, 2, 3 at 8/255, and 6, which fell at 4/255 already.
  expect(checks.C16.value).toBe('linf 8/255: worst case 50.0 %, best single attack 70.0 %');
  const same = checksOf({ 'pgd:linf:8/255': [0, 1], 'square:linf:8/255': [0] });
  expect(same.checks.attribution.verdict).toBe('warn');
});

test('successes that rounding undoes are counted among successes', () => {
  const fell = { 'pgd:linf:8/255': [0, 1, 2, 3] };
  expect(checksOf(fell, { lost: { 'pgd:linf:8/255': [3] } }).checks['8-bit']).toEqual({
    verdict: 'warn',
    value: '1 of 4, 25.0 % (pgd:linf:8/255)',
    examples: 'image-3',
  });
  expect(checksOf(fell, { lost: { 'pgd:linf:8/255': [1, 2, 3] } }).checks['8-bit'].verdict).toBe('fail');
  expect(checksOf({ 'pgd:linf:8/255': [] }).checks['8-bit'].verdict).toBe('n/a');
});

test('without the answers of the model, checks that need them say so', () => {
  const { checks } = checksOf({ 'pgd:linf:8/255': [0] });
  for (const id of ['AA-rand', 'AA-softmax', 'gradient-check', 'I2'])
    expect(checks[id]).toMatchObject({ verdict: 'n/a', value: 'the model was not asked' });
});
