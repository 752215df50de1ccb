/** What an attack plugin declares and what it is given. */
import type { z } from 'zod';
import type { FitContext, Fitting } from './fit.ts';
import type { Goal } from './goal.ts';
import type { LossDefinition } from './loss.ts';
import type { Access, Asking } from './questions.ts';
import type { Random } from './random.ts';
import type { Family, Norm, Threat } from './threat.ts';

export interface ImageShape {
  channels: number;
  height: number;
  width: number;
}

/** One example as an attack sees it. All members can be destructured. */
export interface AttackExample {
  /** The clean image, CHW float32 in [0, 1]. Read only: copy it before changing it. */
  image: Float32Array;
  shape: ImageShape;
  /** True class. */
  label: number;
  /** Number of logits. */
  classes: number;
  /** Logits of the clean image. */
  cleanScores: Float32Array;
  threat: Threat;
  goal: Goal;
  random: Random;
  /** What `fit` made on examples of which this is none; only where the attack has a `fit`. Read only. */
  fitted?: Float32Array;
  /** 'success': return as soon as the goal is achieved; 'budget': spend every step (inner maximisation of training). */
  stop: 'success' | 'budget';
  /** Value and gradient of a loss (larger = nearer the goal), and whether the point achieves the goal. Costs one gradient query. */
  gradientOf: (
    point: Float32Array,
    loss: string | LossDefinition,
    goal?: Goal,
  ) => Asking<{ gradient: Float32Array; loss: number; scores: Float32Array; achieved: boolean }>;
  /** Several losses at one point. Costs a gradient query for each. */
  gradientsOf: (
    point: Float32Array,
    losses: readonly { loss: string | LossDefinition; goal: Goal }[],
  ) => Asking<{ gradients: Float32Array[]; losses: number[]; scores: Float32Array; achieved: boolean }>;
  /** Value of a loss at logits that were answered before. Costs no query. */
  lossOf: (scores: Float32Array, loss: string | LossDefinition, goal?: Goal) => number;
  /** Logits of a point and whether it achieves the goal. Costs one score query. */
  scoresOf: (point: Float32Array) => Asking<{ scores: Float32Array; achieved: boolean }>;
  /** The same for several points at once. Costs a score query for each. */
  scoresOfAll: (points: readonly Float32Array[]) => Asking<{ scores: Float32Array; achieved: boolean }[]>;
  /** The top label of a point and whether it achieves the goal. Costs one decision query. */
  decisionOf: (point: Float32Array) => Asking<{ label: number; achieved: boolean }>;
  /** The same for several points at once. Costs a decision query for each. */
  decisionsOf: (points: readonly Float32Array[]) => Asking<{ label: number; achieved: boolean }[]>;
}

export interface AttackDefinition<Options = unknown> {
  /** Kebab case; what a config says. */
  name: string;
  title: string;
  /** Paper: authors, year, arXiv id or venue. */
  reference: string;
  description?: string;
  access: Access;
  /** Norm balls it searches; may be empty where it names families. */
  threats: readonly Norm[];
  /** Families it searches: 'rotation-translation' by `threat.transformed`, 'patch' by `threat.side`. */
  families?: readonly Family[];
  /**
   * 'fixed-epsilon': run once for each ε inside that ball. 'minimal-norm': run once with an unbounded threat, looking for the nearest
   * adversarial point; it fills the whole ε curve.
   */
  budget?: 'fixed-epsilon' | 'minimal-norm';
  /** false: `attack` has no use for `cleanScores`. As an inner attack of training it then costs no query for them, and reading them is an error. */
  readsCleanScores?: boolean;
  options: z.ZodType<Options>;
  /**
   * Learns from one half of the data what `attack` then applies to each example of the other half, which it never sees: once for each
   * half, model and ε. Fixed-ε attacks only. Yields lists of questions, receives their answers in order, returns any number of values.
   */
  fit?(context: FitContext, options: Options): Fitting<Float32Array>;
  /** Yields questions, receives answers, returns the point it proposes. The harness checks, repairs and judges that point. */
  attack(example: AttackExample, options: Options): Asking<Float32Array>;
}

/** Gives an attack plugin its types. */
export function defineAttack<Options>(definition: AttackDefinition<Options>): AttackDefinition<Options> {
  return definition;
}
