/** The complete record of a training: `training.json`. Its report renders it and recomputes nothing. */
import type { DatasetFacts } from './record.ts';

/** Figures of one finished epoch. */
export interface EpochRecord {
  /** Counted from 1. */
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

/** What the kept epoch is the best by, on the held-out part. */
export type SelectionMeasure = 'clean-accuracy' | 'robust-accuracy';

export interface TrainingRecord {
  schemaVersion: 1;
  proofhouse: string;
  engine: { name: string; version: string; device: string; instructionSet: string };
  /** Versions of what decodes images. */
  decoder: Record<string, string>;
  /** The command that repeats the training. */
  command: string;
  /** Name of the file that described it; absent where code did. */
  configFile?: string;
  seed: number;
  /** Every hyper-parameter, as a training config that names each. Paths are relative to the config. */
  config: Record<string, unknown>;
  network: {
    /** A built-in family's name, or a file's. */
    name: string;
    /** Of the file that training began with; absent for a family. */
    sha256?: string;
    /** Numbers that training changes. */
    trained: number;
  };
  objective: { name: string; title: string; reference: string };
  data: DatasetFacts & {
    classes: string[];
    /** Images trained on, and held out. */
    training: number;
    heldOut: number;
  };
  plugins: { file: string; sha256: string }[];
  curves: EpochRecord[];
  /** The epoch whose weights are kept, counted from 1. */
  best: number;
  bestBy: SelectionMeasure;
  /** Why training ended. */
  end: { reason: 'complete' | 'patience' | 'collapse' | 'diverged'; sentence: string };
  /** The file that holds the kept weights. */
  model: { file: string; sha256: string; bytes: number };
  /** What a reader must know, e.g. of the data. */
  notes: string[];
}
