/** When training ends before its last epoch: no better checkpoint for long, or robust accuracy lost at a stroke. */
import type { EpochRecord } from '../plugin/training-record.ts';
import { clopperPearson, newcombe } from '../statistics/index.ts';

export interface Guards {
  /** Epochs without a better checkpoint. */
  patience?: number | undefined;
  /** Share of the best epoch's robust accuracy below which it has collapsed: catastrophic overfitting (Wong et al. 2020, arXiv:2001.03994, §5.2). */
  collapse?: number | undefined;
}

/** What the held-out part can tell. */
export interface HeldOut {
  examples: number;
  /** Accuracy of the answer that is always the most frequent class: robust to every attack, and worth nothing. */
  constant: number;
}

export type EarlyEnd =
  | { reason: 'patience'; epochs: number }
  /** The best robust accuracy so far, its epoch counted from 1, and the last. */
  | { reason: 'collapse'; epoch: number; from: number; to: number };

/** A guard asks after every epoch, so it must hardly ever be wrong. */
const CONFIDENCE = 0.998;

/**
 * Why no further epoch is to begin; undefined where one may.
 *
 * @param curves of the epochs so far
 * @param best the epoch whose checkpoint would be kept, counted from 0; undefined before the first
 */
export function earlyEnd(
  curves: readonly Pick<EpochRecord, 'robustAccuracy'>[],
  best: number | undefined,
  heldOut: HeldOut,
  { patience, collapse }: Guards,
): EarlyEnd | undefined {
  const robust = curves.map(({ robustAccuracy }) => robustAccuracy);
  const from = Math.max(...robust);
  const to = robust.at(-1);
  if (collapse !== undefined && to !== undefined && hasCollapsed(from, to, heldOut, collapse))
    return { reason: 'collapse', epoch: robust.indexOf(from) + 1, from, to };
  const waited = best === undefined ? 0 : curves.length - 1 - best;
  if (patience !== undefined && best !== undefined && waited >= patience) return { reason: 'patience', epochs: waited };
  return undefined;
}

/** There was robust accuracy to lose, and more of it is gone than chance takes. */
function hasCollapsed(from: number, to: number, { examples, constant }: HeldOut, share: number): boolean {
  const [before, after] = [from, to].map((rate) => ({ count: Math.round(rate * examples), total: examples }));
  return (
    to < share * from &&
    clopperPearson(before, CONFIDENCE).low > constant &&
    newcombe(before, after, CONFIDENCE).low > 0
  );
}

/** @param labels of the held-out examples */
export function heldOutOf(labels: readonly number[]): HeldOut {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return { examples: labels.length, constant: Math.max(...counts.values()) / labels.length };
}
