/** A training run as it will happen: every path found, every default filled in. Plain data. */
import type { DataPlan, EnginePlan, Preprocessing } from '../config/plan.ts';
import type { InnerAttack } from '../plugin/objective.ts';
import type { AugmentationPlan } from './augmentation/index.ts';
import type { OptimizerPlan } from './optimizer.ts';
import type { SchedulePlan } from './schedule.ts';

/** Where the network comes from. */
export type NetworkSource =
  | { family: string }
  /** An ONNX file: its weights, or its architecture with fresh ones. */
  | { file: string; scope: 'all' | 'head'; initialise: boolean };

export interface TrainingPlan {
  network: NetworkSource;
  preprocessing: Preprocessing;
  data: DataPlan;
  /** Share of the examples, class by class, that is held out to select the checkpoint by. */
  heldOut: number;
  objective: { name: string; options: unknown };
  epochs: number;
  batchSize: number;
  /** Images whose statistics a normalisation takes together; divides the batch. Threads share a batch by portions. */
  portion: number;
  optimizer: OptimizerPlan;
  /** Peak learning rate. */
  learningRate: number;
  schedule: SchedulePlan;
  /** Largest L2 norm of a batch's gradient; absent: not clipped. */
  clip?: number;
  /** Decay per step of the averaged weights, which are then evaluated and kept; absent: no average. */
  average?: number;
  labelSmoothing: number;
  augmentation: AugmentationPlan;
  selection: {
    /** What robust accuracy is measured by on the held-out part, after every epoch. */
    attack: InnerAttack;
    /** Epochs without a better checkpoint after which training ends; absent: never. */
    patience?: number;
  };
  engine: Partial<EnginePlan>;
  seed: number;
  /** Absolute path of the folder that everything is written to. */
  output: string;
  pluginFiles: string[];
}
