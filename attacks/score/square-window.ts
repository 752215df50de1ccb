/** What the Square attack's searches share. */
import type { Random } from 'proofhouse/plugin';

/** A random search that holds one point. */
export interface Search {
  /** The point to ask about; after `accept` or `reject` the best one. */
  readonly candidate: Float32Array;
  /** Changes the candidate in a window that covers `share` of the image. */
  propose(share: number): void;
  accept(): void;
  reject(): void;
}

/** First row (or column) of a window of `side` in `length`: any that fits, the last included. */
export const startOf = (length: number, side: number, random: Random): number => random.integer(length - side + 1);
