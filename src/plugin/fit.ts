/** What an attack that learns from data first is given: the examples of one half, and questions about many of them at once. */
import type { AttackExample, ImageShape } from './attack.ts';
import type { Goal } from './goal.ts';
import type { LossDefinition } from './loss.ts';
import type { Answer, Question } from './questions.ts';
import type { Random } from './random.ts';
import type { Threat } from './threat.ts';

/** A computation over many examples: it yields lists of questions, whose answers come in the same order. */
export type Fitting<T> = Generator<readonly Question[], T, Answer[]>;

export type FitExample = Pick<AttackExample, 'image' | 'label' | 'cleanScores' | 'goal'>;

/** A point that is asked about, and what it is to achieve: that of the example it was made from. */
export interface FitPoint {
  point: Float32Array;
  goal: Goal;
}

/** All members can be destructured. */
export interface FitContext {
  /** At least one, in a seeded order: those that the model classifies correctly, or all where it classifies none. */
  examples: readonly FitExample[];
  shape: ImageShape;
  /** Number of logits. */
  classes: number;
  /** The threat around any image, at the ε of the evaluation. */
  threatAround: (image: Float32Array) => Threat;
  random: Random;
  /** Value and gradient of a loss (larger = nearer the goal) at each point, and whether it achieves its goal. Costs a gradient query each. */
  gradientsOf: (
    points: readonly FitPoint[],
    loss: string | LossDefinition,
  ) => Fitting<{ gradient: Float32Array; loss: number; scores: Float32Array; achieved: boolean }[]>;
}
