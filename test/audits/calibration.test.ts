/** Calibration measures against hand-computed values, proper-scoring identities, and the coverage that the interval claims. */
import { describe, expect, test } from 'vitest';
import {
  areProbabilities,
  brierScore,
  calibrationError,
  equalMassBins,
  logProbabilities,
  meanScore,
} from '../../audits/calibration/scores.ts';
import calibration from '../../audits/calibration.ts';
import { createRandom } from '../../src/random.ts';
import { auditInput } from './input.ts';

describe('calibration error', () => {
  test('is the mean of the bins’ distances, weighted by size', () => {
    // Two bins of two: confidences .6, .6 with one right; .9, .9 with both right. (|.5 − .6| + |1 − .9|)/2 = .1
    const bins = equalMassBins(
      [
        { confidence: 0.9, correct: true },
        { confidence: 0.6, correct: true },
        { confidence: 0.6, correct: false },
        { confidence: 0.9, correct: true },
      ],
      2,
    );
    expect(bins.map(({ correct, total }) => [correct, total])).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(calibrationError(bins).value).toBeCloseTo(0.1, 12);
    expect(calibrationError(equalMassBins([{ confidence: 0.7, correct: false }], 15)).value).toBeCloseTo(0.7, 12);
  });

  test('the interval holds the true error in at least 95 % of samples, of calibrated and of overconfident models', () => {
    const random = createRandom('calibration', 'coverage');
    for (const [shift, samples] of [
      [0, 300],
      [0.15, 300],
    ]) {
      let covered = 0;
      for (let sample = 0; sample < samples; sample++) {
        const truths: number[] = [];
        const predictions = Array.from({ length: 300 }, () => {
          const confidence = random.uniform(0.5, 1);
          const truth = confidence - shift;
          truths.push(truth);
          return { confidence, correct: random.uniform() < truth };
        });
        // The true distance is the shift in every bin.
        const { low, high } = calibrationError(equalMassBins(predictions, 15)).interval!;
        if (low <= shift && shift <= high) covered++;
      }
      expect(covered / samples).toBeGreaterThanOrEqual(0.95);
    }
  });
});

describe('scores', () => {
  test('Brier and likelihood of a uniform guess are 1 − 1/K and ln K', () => {
    for (const classes of [2, 3, 10]) {
      const logs = logProbabilities(
        Array.from({ length: classes }, () => 7),
        false,
      );
      expect(brierScore(logs, 1)).toBeCloseTo(1 - 1 / classes, 12);
      expect(-logs[1]).toBeCloseTo(Math.log(classes), 12);
    }
  });

  test('large logits do not overflow, and probabilities are told from logits', () => {
    expect(logProbabilities([1000, 0], false)).toEqual([0, -1000]);
    expect(brierScore(logProbabilities([0, 1000], false), 0)).toBe(2);
    expect(areProbabilities([[0.25, 0.75]])).toBe(true);
    expect(
      areProbabilities([
        [0.25, 0.75],
        [3, -2],
      ]),
    ).toBe(false);
    expect(areProbabilities([[]])).toBe(false);
    expect(logProbabilities([0.25, 0.75], true)).toEqual([Math.log(0.25), Math.log(0.75)]);
  });

  test('a mean has the normal interval, and none of a single example', () => {
    // Mean 2, standard deviation 1, n = 3: half-width 1.959964/√3.
    expect(meanScore([1, 2, 3], { low: 0, high: 9 }).interval).toMatchObject({
      low: expect.closeTo(2 - 1.959964 / Math.sqrt(3), 5),
      high: expect.closeTo(2 + 1.959964 / Math.sqrt(3), 5),
    });
    expect(meanScore([1], { low: 0, high: 9 }).interval).toBeUndefined();
  });
});

test('metrics are those that the audit declares, and a likelihood without bound has no value', () => {
  const input = auditInput({ classes: ['a', 'b'], labels: [0, 1, 0], models: { m: { clean: [0, 1, 1] } } });
  const scored = (scores: number[][]) => ({
    ...input,
    rows: (model: string, evaluation: string) =>
      input.rows(model, evaluation)?.map((row, index) => ({ ...row, scores: scores[index], confidence: 0.8 })),
  });
  const options = { bins: 15 };
  const metrics = calibration.measure(
    scored([
      [2, 0],
      [0, 2],
      [0, 2],
    ]),
    options,
  ).metrics;
  expect(metrics.map(({ id }) => id)).toEqual(calibration.metrics?.(input, options).map(({ id }) => id));
  const certain = calibration.measure(
    scored([
      [1, 0],
      [0, 1],
      [0, 1],
    ]),
    options,
  ).metrics;
  expect(certain.find(({ id }) => id === 'nll@clean')).toMatchObject({ value: null });
  expect(certain.find(({ id }) => id === 'brier@clean')?.value).toBeCloseTo(2 / 3, 12);
  expect(calibration.measure(input, options).metrics.map(({ id }) => id)).toEqual(['ece@clean']);
});
