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
  curves: readonly Fares[],
  best: number | undefined,
  heldOut: HeldOut,
  { patience, collapse }: Guards,
): EarlyEnd | undefined {
  const fall = collapse === undefined ? undefined : collapsed(curves, heldOut, collapse);
  if (fall !== undefined) return fall;
  const waited = best === undefined ? 0 : curves.length - 1 - best;
  if (patience !== undefined && best !== undefined && waited >= patience) return { reason: 'patience', epochs: waited };
  return undefined;
}

type Fares = Pick<EpochRecord, 'trainAccuracy' | 'robustAccuracy'>;

function collapsed(curves: readonly Fares[], heldOut: HeldOut, share: number): EarlyEnd | undefined {
  const last = curves.at(-1);
  if (last === undefined) return undefined;
  const robust = curves.map(({ robustAccuracy }) => robustAccuracy);
  const [from, to] = [Math.max(...robust), last.robustAccuracy];
  if (to >= share * from || isChance(from, to, heldOut)) return undefined;
  const hadLearnt = isBetterThanConstant(from, heldOut) || isWellLearnt(last.trainAccuracy.at(-1) ?? 0, heldOut);
  return hadLearnt ? { reason: 'collapse', epoch: robust.indexOf(from) + 1, from, to } : undefined;
}

const of = (share: number, { examples }: HeldOut) => ({ count: Math.round(share * examples), total: examples });

const isChance = (from: number, to: number, heldOut: HeldOut) =>
  newcombe(of(from, heldOut), of(to, heldOut), CONFIDENCE).low <= 0;

const isBetterThanConstant = (robust: number, heldOut: HeldOut) =>
  clopperPearson(of(robust, heldOut), CONFIDENCE).low > heldOut.constant;

/** The objective's own attack is learnt for the most part, while a network that begins to learn is still near the constant answer. */
const isWellLearnt = (trainAccuracy: number, { constant }: HeldOut) => trainAccuracy > (1 + constant) / 2;

/** @param labels of the held-out examples */
export function heldOutOf(labels: readonly number[]): HeldOut {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return { examples: labels.length, constant: Math.max(...counts.values()) / labels.length };
}
