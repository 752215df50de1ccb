/** What a training objective declares: which images a step sees, the inner attack that makes them, and the loss over their logits. */
import type { z } from 'zod';
import type { GraphWriter } from './loss.ts';
import type { Norm } from './threat.ts';

/** A forward pass of a step: over the images as they are, or over what the inner attack made of them. */
export type View = 'clean' | 'adversarial';

/** The inner maximisation of a step, carried out by the very plugin that audits, with its whole budget. */
export interface InnerAttack {
  attack: string;
  norm: Norm;
  epsilon: number;
  options: Record<string, unknown>;
  /** Ascend KL(f(x) ‖ f(x')), the distance from the clean prediction, in place of the attack's own loss. */
  ascend?: 'divergence';
  /** Images are moved by normal noise of this standard deviation first: a divergence has no gradient at the image itself. */
  noise?: number;
}

/** Names of values in the graph of a step. */
export interface StepValues {
  /** Logits [N, K] of each of the objective's views. */
  logits: Record<View, string>;
  /** Label distribution [N, K]: one-hot, smoothed or mixed. */
  labels: string;
  classes: number;
}

export interface ObjectiveDefinition<Options = unknown> {
  /** Kebab case; what a config says. */
  name: string;
  title: string;
  /** Paper: authors, year, arXiv id or venue. */
  reference: string;
  description?: string;
  options: z.ZodType<Options>;
  views: readonly View[];
  /** Absent: the objective trains on clean images alone. */
  attack?(options: Options): InnerAttack;
  /**
   * Writes the loss of each example, [N, 1]. It is differentiated for the weights by the operators' own rules, and its mean over the batch
   * (weighted, where examples are) is what training descends.
   */
  loss(graph: GraphWriter, values: StepValues, options: Options): string;
}

/** Gives an objective plugin its types. */
export function defineObjective<Options>(definition: ObjectiveDefinition<Options>): ObjectiveDefinition<Options> {
  return definition;
}
