/** What an attack may ask of a model, and what comes back. Points are images: planar CHW float32 in [0, 1]. */
import type { Goal } from './goal.ts';
import type { LossDefinition } from './loss.ts';

/** What an attack needs from the model, from most to least: gradients, scores, the top label, or nothing. */
export type Access = 'gradient' | 'score' | 'decision' | 'none';

/** Logits of each point. One forward pass per point. */
export interface ScoresQuestion {
  ask: 'scores';
  points: readonly Float32Array[];
  /** Another model of the run, by name; the audited model if absent. */
  model?: string;
}

/** Index of the largest logit of each point (ties: the lowest index). One forward pass per point. */
export interface DecisionQuestion {
  ask: 'decision';
  points: readonly Float32Array[];
  model?: string;
}

/** Value and input gradient of one or several losses at one point. One backward pass per loss. */
export interface GradientQuestion {
  ask: 'gradient';
  point: Float32Array;
  /** A built-in loss by name, or a plugin's own. */
  losses: readonly { loss: string | LossDefinition; goal: Goal }[];
  model?: string;
}

export type Question = ScoresQuestion | DecisionQuestion | GradientQuestion;

export interface ScoresAnswer {
  scores: Float32Array[];
}
export interface DecisionAnswer {
  labels: number[];
}
export interface GradientAnswer {
  /** Logits at the point. */
  scores: Float32Array;
  /** One value per loss asked for. */
  losses: number[];
  /** One CHW gradient per loss asked for; the receiver owns the arrays. */
  gradients: Float32Array[];
}

export type Answer = ScoresAnswer | DecisionAnswer | GradientAnswer;

/** A computation that asks questions: an attack, a probe, the evaluation of an example. */
export type Asking<T> = Generator<Question, T, Answer>;

/** One door to every model: an ONNX file, a TensorFlow.js model, an HTTP endpoint, a user's function. */
export type Oracle = (questions: Question[]) => Promise<Answer[]>;

export interface QueryCount {
  gradient: number;
  score: number;
  decision: number;
}
