/** Steps of the weights along their gradient, in place, one number after another: no result depends on threads. */
import type { Layout } from './layout.ts';

export type OptimizerPlan =
  | { name: 'sgd'; momentum: number; nesterov: boolean; weightDecay: number }
  | { name: 'adamw'; beta1: number; beta2: number; epsilon: number; weightDecay: number };

export interface Optimizer {
  /** Flat arrays beside the weights, for checkpoints: momenta. */
  readonly buffers: readonly Float32Array[];
  /** Updates the weights. @param step counted from 1 */
  update(weights: Float32Array, gradient: Float32Array, rate: number, step: number): void;
}

/** @param buffers of an earlier run; absent: zeros */
export function createOptimizer(plan: OptimizerPlan, layout: Layout, buffers?: readonly Float32Array[]): Optimizer {
  const count = layout.parameterCount;
  const held = (number: number) =>
    buffers?.map((buffer) => buffer.slice()) ?? Array.from({ length: number }, () => new Float32Array(count));
  return plan.name === 'sgd' ? sgd(plan, layout, held(1)) : adamw(plan, layout, held(2));
}

/**
 * v ← μv + g + λw; w ← w − η(g + λw + μv) with Nesterov's momentum, w − ηv without (Sutskever et al. 2013, as PyTorch states it).
 */
function sgd(
  { momentum, nesterov, weightDecay }: Extract<OptimizerPlan, { name: 'sgd' }>,
  { parameters }: Layout,
  buffers: readonly Float32Array[],
): Optimizer {
  const [velocity] = buffers;
  return {
    buffers,
    update(weights, gradient, rate, step) {
      for (const { start, end, decays } of parameters) {
        const decay = decays ? weightDecay : 0;
        for (let i = start; i < end; i++) {
          const g = gradient[i] + decay * weights[i];
          // The first velocity is the gradient itself.
          velocity[i] = step === 1 ? g : momentum * velocity[i] + g;
          weights[i] -= rate * (nesterov ? g + momentum * velocity[i] : velocity[i]);
        }
      }
    },
  };
}

/** Adam with decay apart from the gradient (Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2). */
function adamw(
  { beta1, beta2, epsilon, weightDecay }: Extract<OptimizerPlan, { name: 'adamw' }>,
  { parameters }: Layout,
  buffers: readonly Float32Array[],
): Optimizer {
  const [first, second] = buffers;
  return {
    buffers,
    update(weights, gradient, rate, step) {
      const correction1 = 1 - beta1 ** step;
      const correction2 = 1 - beta2 ** step;
      for (const { start, end, decays } of parameters) {
        const shrink = decays ? 1 - rate * weightDecay : 1;
        for (let i = start; i < end; i++) {
          const g = gradient[i];
          first[i] = beta1 * first[i] + (1 - beta1) * g;
          second[i] = beta2 * second[i] + (1 - beta2) * g * g;
          const along = first[i] / correction1 / (Math.sqrt(second[i] / correction2) + epsilon);
          weights[i] = shrink * weights[i] - rate * along;
        }
      }
    },
  };
}
