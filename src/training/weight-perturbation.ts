/** Adversarial weight perturbation (Wu et al. 2020, arXiv:2004.05884): where the weights go to have the step's gradient taken there. */
import type { Layout } from './layout.ts';

/**
 * Weights at w + γ ‖w‖ g / (‖g‖ + 1e-20), tensor by tensor; biases and the scales and shifts of normalisations stay.
 *
 * The source moves a copy of the network by one step of gradient ascent and takes that step's direction: the direction of the gradient.
 */
export function perturbed(
  weights: Float32Array,
  gradient: Float32Array,
  { parameters }: Layout,
  gamma: number,
): Float32Array {
  const moved = weights.slice();
  for (const { start, end, dims } of parameters) {
    if (dims.length < 2) continue;
    const factor = (gamma * norm(weights, start, end)) / (norm(gradient, start, end) + 1e-20);
    for (let i = start; i < end; i++) moved[i] += factor * gradient[i];
  }
  return moved;
}

/** L2 of the values from `start` to before `end`. A loop: over a network's parameters a callback for each takes milliseconds of every step. */
export function norm(values: Float32Array, start: number, end: number): number {
  let squares = 0;
  for (let i = start; i < end; i++) squares += values[i] * values[i];
  return Math.sqrt(squares);
}
