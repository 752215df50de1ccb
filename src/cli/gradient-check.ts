/**
 * Whether the gradient graph speaks of the file as shipped: central differences of the shipped file along random
 * directions against the derived gradient, and the largest difference between the two graphs' logits.
 */
import type { ModelPlan } from '../config/plan.ts';
import { OnnxModel } from '../engine/onnx-model.ts';
import type { ImageShape } from '../plugin/attack.ts';
import type { LossDefinition } from '../plugin/loss.ts';
import { createRandom } from '../random.ts';

const directions = 16;
/**
 * Of every pixel, up and down. A long step meets the kinks of ReLUs, a short one the rounding of float32 logits; where a
 * gradient is right, one of them comes near it.
 */
const steps = [2 ** -10, 2 ** -12, 2 ** -14];

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, index) => sum + value * b[index], 0);

export interface GradientCheck {
  /** |central difference − gradient · direction| / ‖gradient‖₂ for directions of ±1 per pixel, whose slope is about ‖gradient‖₂. */
  median: number;
  largest: number;
  directions: number;
  /** Largest |shipped logit − gradient graph's logit| over the points. */
  logitDifference: number;
}

/** @throws InputError where the model cannot be opened */
export async function checkGradient(plan: ModelPlan, shape: ImageShape): Promise<GradientCheck> {
  const model = await OnnxModel.open(plan, { threads: 1, batchSize: directions, shape });
  try {
    const random = createRandom('gradient check');
    const size = shape.channels * shape.height * shape.width;
    // A linear loss: no softmax to saturate, and no kink of its own.
    const weights = Float32Array.from({ length: model.classes }, () => random.sign());
    const loss: LossDefinition = {
      name: 'random combination of logits',
      title: 'Random combination of logits',
      reference: 'none',
      minimumClasses: 1,
      value: (logits) => dot(logits, weights),
      cotangent: () => weights,
    };
    const points = Array.from({ length: directions }, () =>
      Float32Array.from({ length: size }, () => random.uniform(steps[0], 1 - steps[0])),
    );
    const signs = points.map(() => Float32Array.from({ length: size }, () => random.sign()));
    const slopes: number[][] = [];
    for (const step of steps) {
      const moved = (by: number) =>
        model.judge(points.map((point, index) => point.map((pixel, at) => pixel + by * signs[index][at])));
      const [above, below] = [await moved(step), await moved(-step)];
      slopes.push(above.map((logits, index) => (dot(logits, weights) - dot(below[index], weights)) / (2 * step)));
    }
    const shipped = await model.judge(points);
    const derived = await model.gradients(
      points.map((point) => ({ point, loss, goal: { kind: 'leave', classes: [0] } })),
    );
    const errors = derived
      .map(({ gradient }, index) => {
        const expected = dot(gradient, signs[index]);
        const length = Math.sqrt(dot(gradient, gradient));
        const distance = Math.min(...slopes.map((slope) => Math.abs(slope[index] - expected)));
        return distance / Math.max(length, Number.MIN_VALUE);
      })
      .toSorted((a, b) => a - b);
    return {
      median: (errors[directions / 2 - 1] + errors[directions / 2]) / 2,
      largest: errors[directions - 1],
      directions,
      logitDifference: Math.max(
        ...derived.flatMap(({ scores }, index) =>
          Array.from(scores, (score, at) => Math.abs(score - shipped[index][at])),
        ),
      ),
    };
  } finally {
    await model.close();
  }
}
