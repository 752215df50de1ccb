/** All that a training run is at one moment. What a checkpoint stores, and all it needs to go on as if nothing had happened. */

import type { EpochRecord } from '../plugin/training-record.ts';

export interface Position {
  /** Epoch that is under way, and its steps that are done. */
  epoch: number;
  step: number;
  /** Updates of the weights so far. */
  updates: number;
  /** Sums over the epoch so far. */
  loss: number;
  correct: number[];
  seen: number;
}

export interface Snapshot {
  weights: Float32Array;
  statistics: Float32Array;
}

export interface TrainingState extends Snapshot {
  position: Position;
  /** The optimiser's momenta. */
  buffers: readonly Float32Array[];
  /** What the objective carries from step to step: perturbations that are replayed, portion after portion; weights of groups. */
  carried: { perturbations?: Float32Array; groupWeights?: Float32Array };
  average: Snapshot | undefined;
  curves: EpochRecord[];
  /** The best epoch so far by robust accuracy, then by clean accuracy; the earlier of equals. */
  best: (Snapshot & { epoch: number }) | undefined;
}

export const atStart = (): Position => ({ epoch: 0, step: 0, updates: 0, loss: 0, correct: [], seen: 0 });

export const copyOf = ({ weights, statistics }: Snapshot): Snapshot => ({
  weights: weights.slice(),
  statistics: statistics.slice(),
});
