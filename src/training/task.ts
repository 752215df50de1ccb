/** What a training worker is started with and what it is asked: plain data and memory that all threads share. */
import type { Preprocessing } from '../config/plan.ts';
import type { DecodePlan } from '../dataset/dataset.ts';
import type { ImageShape } from '../plugin/attack.ts';
import type { InnerAttack } from '../plugin/objective.ts';
import type { AugmentationPlan } from './augmentation/index.ts';
import type { TrainableNetwork } from './network.ts';

export interface TrainingExample {
  id: string;
  label: number;
  file: string;
}

export interface TrainingTask {
  network: TrainableNetwork;
  preprocessing: Preprocessing;
  shape: ImageShape;
  classes: number;
  objective: { name: string; options: unknown };
  /** Images of one portion; batches are made of whole portions. */
  portion: number;
  augmentation: AugmentationPlan;
  labelSmoothing: number;
  seed: number;
  pluginFiles: readonly string[];
  decode: DecodePlan;
  /** What a store of decoded images works on. */
  images: SharedArrayBuffer;
  /** Training examples, then held-out ones. */
  examples: readonly TrainingExample[];
  threads: number;
  shared: SharedState;
}

/** Flat float32 arrays (see `Layout`) in memory that every thread sees. */
export interface SharedState {
  weights: SharedArrayBuffer;
  statistics: SharedArrayBuffer;
  /** For each portion of a batch: the gradient of its loss, and its batch statistics view after view. */
  gradients: readonly SharedArrayBuffer[];
  batchStatistics: readonly SharedArrayBuffer[];
  /** The same for what a portion keeps, [portion, C, H, W]: its adversarial images for a second pass, the perturbations that are replayed. Of no length where nothing is kept. */
  adversaries: readonly SharedArrayBuffer[];
  perturbations: readonly SharedArrayBuffer[];
}

/** The gradient of one portion at the shared weights. */
export interface PortionRequest {
  ask: 'portion';
  /** Which of the batch's portions; where its results go. */
  slot: number;
  epoch: number;
  /** Counts the changes of the weights, so that a worker knows when its copies are stale. */
  version: number;
  /** Indices of examples, one for each row of the portion. */
  examples: readonly number[];
  /** What each example's loss is multiplied by. */
  weights: readonly number[];
  /** Absent: made anew for these examples. 'keep': made anew and left in shared memory. 'kept': the images left there are used again. */
  adversaries?: 'keep' | 'kept';
}

/** How examples fare at the shared weights, in evaluation mode. */
export interface EvaluationRequest {
  ask: 'evaluation';
  version: number;
  examples: readonly number[];
  attack?: InnerAttack;
}

export type TrainingRequest = PortionRequest | EvaluationRequest;

export interface PortionResult {
  /** By example of the request. */
  losses: number[];
  /** Correct predictions of each view. */
  correct: number[];
}

export interface EvaluationResult {
  /** By example of the request. */
  predictions: number[];
  /** Whether the attack succeeded on it, clean errors included; absent without an attack. */
  fallen?: boolean[];
}

export type TrainingResult = PortionResult | EvaluationResult;
