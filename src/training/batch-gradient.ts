/** The gradient of one batch: its portions go to the team, their gradients are summed in the order of the portions. */
import type { Fit } from './fit.ts';
import type { PortionRequest, PortionResult } from './task.ts';
import { norm } from './weight-perturbation.ts';

export interface BatchRequest extends Pick<PortionRequest, 'epoch' | 'version' | 'adversaries'> {
  /** Indices of examples. */
  batch: readonly number[];
  /** What each example's loss is multiplied by in the sum. */
  weights: readonly number[];
}

export interface BatchGradient {
  /** Of Σ weight · loss at the shared weights, flat. */
  gradient: Float32Array;
  /** L2. */
  length: number;
  /** Σ weight · loss. */
  loss: number;
  /** By example of the batch. */
  losses: number[];
  /** Correct predictions of each view. */
  correct: number[];
}

/** Leaves the batch's statistics in shared memory, portion by portion. */
export async function batchGradient(
  { plan, team, shared }: Fit,
  { batch, weights, ...rest }: BatchRequest,
): Promise<BatchGradient> {
  const results = (await team.askAll(
    Array.from({ length: plan.batchSize / plan.portion }, (_, slot) => {
      const rows = [slot * plan.portion, (slot + 1) * plan.portion];
      return {
        ask: 'portion' as const,
        slot,
        examples: batch.slice(...rows),
        weights: weights.slice(...rows),
        ...rest,
      };
    }),
  )) as PortionResult[];
  const gradient = new Float32Array(shared.gradients[0]).slice();
  for (const buffer of shared.gradients.slice(1)) {
    const next = new Float32Array(buffer);
    for (let i = 0; i < gradient.length; i++) gradient[i] += next[i];
  }
  const losses = results.flatMap((result) => result.losses);
  return {
    gradient,
    length: norm(gradient, 0, gradient.length),
    loss: losses.reduce((sum, loss, row) => sum + weights[row] * loss, 0),
    losses,
    correct: results[0].correct.map((_, view) => results.reduce((sum, { correct }) => sum + correct[view], 0)),
  };
}
