/** Calibration measures of one model's clean predictions, each with an interval whose claim is stated. */
import { type Interval, normalQuantile } from 'proofhouse/plugin';

export interface Prediction {
  /** Of the predicted class, in [0, 1]. */
  confidence: number;
  correct: boolean;
}

export interface Bin {
  /** Mean confidence. */
  confidence: number;
  correct: number;
  total: number;
}

export interface Measured {
  value: number;
  interval?: Interval;
}

const level = 0.95;

/** Bins of equal size by ascending confidence; equal confidences may be split between neighbours. */
export function equalMassBins(predictions: readonly Prediction[], bins: number): Bin[] {
  const sorted = predictions.toSorted((first, second) => first.confidence - second.confidence);
  const count = Math.min(bins, sorted.length);
  return Array.from({ length: count }, (_, index): Bin => {
    const members = sorted.slice(
      Math.round((index * sorted.length) / count),
      Math.round(((index + 1) * sorted.length) / count),
    );
    return {
      confidence: members.reduce((sum, { confidence }) => sum + confidence, 0) / members.length,
      correct: members.filter(({ correct }) => correct).length,
      total: members.length,
    };
  });
}

/**
 * Expected calibration error, Σ n_b/n · |accuracy_b − confidence_b| (Naeini, Cooper & Hauskrecht 2015; equal-mass bins after Nguyen &
 * O'Connor 2015), in [0, 1]. The estimate is biased upwards, so that a bootstrap around it would be too. The interval is for the true error
 * of these bins, given the confidences, and holds for any model and sample size: one outcome moves the estimate by at most 1/n (McDiarmid
 * 1989), its mean is no less than the true error (Jensen), and exceeds it by at most Σ n_b/n · ½/√n_b.
 */
export function calibrationError(bins: readonly Bin[]): Measured {
  const total = bins.reduce((sum, bin) => sum + bin.total, 0);
  const value = bins.reduce((sum, bin) => sum + Math.abs(bin.correct - bin.total * bin.confidence), 0) / total;
  const deviation = Math.sqrt(Math.log(2 / (1 - level)) / (2 * total));
  const bias = bins.reduce((sum, bin) => sum + Math.sqrt(bin.total) / 2, 0) / total;
  return {
    value,
    interval: {
      low: Math.max(0, value - deviation - bias),
      high: Math.min(1, value + deviation),
      confidence: level,
      method: 'McDiarmid',
    },
  };
}

/** Mean of one score an example, with the normal approximation's interval; no interval of fewer than two. */
export function meanScore(scores: readonly number[], range: { low: number; high: number }): Measured {
  const total = scores.length;
  const value = scores.reduce((sum, score) => sum + score, 0) / total;
  if (total < 2) return { value };
  const variance = scores.reduce((sum, score) => sum + (score - value) ** 2, 0) / (total - 1);
  const half = normalQuantile((1 + level) / 2) * Math.sqrt(variance / total);
  return {
    value,
    interval: {
      low: Math.max(range.low, value - half),
      high: Math.min(range.high, value + half),
      confidence: level,
      method: 'normal approximation',
    },
  };
}

const isDistribution = (scores: readonly number[]) =>
  scores.every((score) => score >= 0 && score <= 1) &&
  Math.abs(scores.reduce((sum, score) => sum + score, 0) - 1) < 1e-3;

/** Whether a model's outputs are probabilities already, so that a softmax of them would be another's confidence. */
export const areProbabilities = (rows: readonly (readonly number[])[]) =>
  rows.length > 0 && rows.every((scores) => scores.length > 0 && isDistribution(scores));

/** Logarithms of the class probabilities: of logits by log-softmax, of probabilities directly. */
export function logProbabilities(scores: readonly number[], areProbable: boolean): number[] {
  if (areProbable) return scores.map(Math.log);
  const most = Math.max(...scores);
  const logSum = most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0));
  return scores.map((score) => score - logSum);
}

/** Σ over classes of (probability − truth)², in [0, 2] (Brier 1950). */
export const brierScore = (logs: readonly number[], label: number): number =>
  logs.reduce((sum, log, index) => sum + (Math.exp(log) - (index === label ? 1 : 0)) ** 2, 0);
