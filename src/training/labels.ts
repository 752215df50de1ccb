/** What a portion is trained towards: a distribution over the classes for each example, one-hot, blended by Mixup and smoothed. */
import type { Blend } from './augmentation/mixup.ts';

export interface PortionLabels {
  /** Label distributions, row after row [N × K]. */
  distributions: Float32Array;
  /** The label with the larger share: what an inner attack leaves, and what a prediction is compared with. */
  leading: number[];
}

/**
 * @param labels of the portion's examples
 * @param blends absent: none is blended
 * @param smoothing share that all classes divide among themselves (Szegedy et al. 2016, arXiv:1512.00567, §7)
 */
export function portionLabels(
  labels: readonly number[],
  blends: readonly Blend[] | undefined,
  classes: number,
  smoothing: number,
): PortionLabels {
  const distributions = new Float32Array(labels.length * classes).fill(smoothing / classes);
  const leading = labels.map((label, row) => {
    const { partner, share } = blends?.[row] ?? { partner: row, share: 1 };
    distributions[row * classes + label] += (1 - smoothing) * share;
    distributions[row * classes + labels[partner]] += (1 - smoothing) * (1 - share);
    return share >= 0.5 ? label : labels[partner];
  });
  return { distributions, leading };
}
