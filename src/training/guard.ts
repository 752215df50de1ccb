/** When training ends before its last epoch: no better checkpoint for long, or robust accuracy lost at a stroke. */
import type { EpochRecord } from '../plugin/training-record.ts';

export interface Guards {
  /** Epochs without a better checkpoint. */
  patience?: number | undefined;
  /** Fall of robust accuracy from one epoch to the next that is catastrophic overfitting (Wong et al. 2020, arXiv:2001.03994, §5.2). */
  collapse?: number | undefined;
}

export type EarlyEnd =
  | { reason: 'patience'; epochs: number }
  /** Robust accuracies of the last two epochs. */
  | { reason: 'collapse'; from: number; to: number };

/**
 * Why no further epoch is to begin; undefined where one may.
 *
 * @param curves of the epochs so far
 * @param best the epoch whose checkpoint would be kept, counted from 0; undefined before the first
 */
export function earlyEnd(
  curves: readonly Pick<EpochRecord, 'robustAccuracy'>[],
  best: number | undefined,
  { patience, collapse }: Guards,
): EarlyEnd | undefined {
  const [from, to] = [curves.at(-2)?.robustAccuracy, curves.at(-1)?.robustAccuracy];
  if (collapse !== undefined && from !== undefined && to !== undefined && from - to > collapse)
    return { reason: 'collapse', from, to };
  const waited = best === undefined ? 0 : curves.length - 1 - best;
  if (patience !== undefined && best !== undefined && waited >= patience) return { reason: 'patience', epochs: waited };
  return undefined;
}
