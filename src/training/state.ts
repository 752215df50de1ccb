/** All that a training run is at one moment. What a checkpoint stores, and all it needs to go on as if nothing had happened. */

/** Figures of one finished epoch. */
export interface EpochRecord {
  epoch: number;
  /** Peak of the epoch's learning rates. */
  learningRate: number;
  /** Means over the epoch's images, as they were augmented and attacked. */
  trainLoss: number;
  /** Of each view of the objective. */
  trainAccuracy: number[];
  /** On the held-out part, in evaluation mode. */
  cleanAccuracy: number;
  robustAccuracy: number;
  /** False-negative rates on the held-out part by subgroup column and value, clean and under attack; null without cases. */
  groups: { column: string; value: string; clean: number | null; robust: number | null; total: number }[];
  /** At the end of the epoch, of an objective that weights groups: what the mean loss of each is multiplied by; they sum to 1. */
  groupWeights?: { group: string; weight: number }[];
}

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
