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

/**
 * Adversarial weight perturbation (Wu et al. 2020, arXiv:2004.05884): the step's gradient is taken at w + γ ‖w‖ ∇ / ‖∇‖, tensor by tensor
 * over kernels and matrices, ∇ being the gradient of the same loss at w; then it is applied to w. Costs a second pass of the step.
 */
export interface WeightPerturbation {
  /** γ, length of the perturbation relative to each tensor. */
  gamma: number;
  /** Epochs before it begins. */
  warmUp: number;
}

/**
 * Free adversarial training (Shafahi et al. 2019, arXiv:1904.12843): each batch is trained on several times, on perturbations that are kept from
 * step to step and batch to batch, row by row. One backward pass serves the weights and δ ← clamp(δ + ε sign ∇, ±ε).
 */
export interface Replay {
  /** m, steps on each batch. */
  times: number;
  /** ε of the L∞ ball that the perturbations stay in. */
  epsilon: number;
}

/**
 * Group-distributionally robust weights (Sagawa et al. 2020, arXiv:1911.08731, algorithm 1): q ← q exp(η · mean loss of the group), normalised;
 * the loss of a step is Σ q · mean loss of the group. The update follows the step whose losses it is made of.
 */
export interface GroupWeights {
  /** Subgroup column of the data; every training example has a value in it. */
  column: string;
  /** Each subgroup as a whole, or each class within it on its own. */
  by: 'subgroup' | 'subgroup-and-class';
  /** η. */
  rate: number;
}

/** What an objective needs of the loop beside gradients of its loss. */
export interface LoopNeeds {
  weightPerturbation?: WeightPerturbation;
  /** In place of an inner attack; goes with no weight perturbation. */
  replay?: Replay;
  groupWeights?: GroupWeights;
  /**
   * Share (0, 1] of the best epoch's robust accuracy on the held-out part below which training ends, unless chance can explain the fall:
   * catastrophic overfitting. The best checkpoint, which is from before it, is kept.
   */
  collapse?: number;
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
  /** Absent, or nothing returned: the adversarial view shows the images as they are, or as `replay` moves them. */
  attack?(options: Options): InnerAttack | undefined;
  loop?(options: Options): LoopNeeds;
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
