/** Whether the derived gradient speaks of the file as shipped: against central differences of that file, along a random direction. */
import type { LossDefinition } from '../plugin/loss.ts';
import type { GradientAnswer } from '../plugin/questions.ts';
import type { Random } from '../plugin/random.ts';
import { judge, type Subject } from './judging.ts';
import type { HarnessAsking } from './questions.ts';

/** Of every pixel, up and down: a long step meets the kinks of ReLUs, a short one the rounding of float32; one comes near the gradient. */
const STEPS = [2 ** -10, 2 ** -12, 2 ** -14];

export interface GradientCheck {
  /** |central difference − gradient · direction| / ‖gradient‖₂ for a direction of ±1 per pixel, whose slope is about ‖gradient‖₂. */
  error: number;
  /** Largest |logit of the file − logit of the gradient graph| at the point. */
  logitDifference: number;
}

function dot(a: Float32Array, b: Float32Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}

/**
 * At a random image, where no max-pool ties: flat backgrounds of real ones have them.
 *
 * @throws NotANumberError
 */
export function* checkGradient(subject: Subject, classes: number, random: Random): HarnessAsking<GradientCheck> {
  const point = new Float32Array(subject.image.length);
  const signs = new Float32Array(point.length);
  for (let i = 0; i < point.length; i++) {
    point[i] = random.uniform(STEPS[0], 1 - STEPS[0]);
    signs[i] = random.sign();
  }
  // A linear loss: no softmax to saturate, and no kink of its own.
  const weights = new Float32Array(classes);
  for (let k = 0; k < classes; k++) weights[k] = random.sign();
  const loss: LossDefinition = {
    name: 'random combination of logits',
    title: 'Random combination of logits',
    reference: 'none',
    minimumClasses: 1,
    value: (logits) => dot(logits, weights),
    cotangent: () => weights,
  };
  const moved = (by: number) => {
    const other = point.slice();
    for (let i = 0; i < other.length; i++) other[i] += by * signs[i];
    return other;
  };
  const [shipped, ...pairs]: Float32Array[] = yield* judge(subject, [
    point,
    ...STEPS.flatMap((step) => [moved(step), moved(-step)]),
  ]);
  const goal = { kind: 'leave', classes: [subject.example.label] } as const;
  const { gradients, scores } = (yield { ask: 'gradient', point, losses: [{ loss, goal }] }) as GradientAnswer;
  const expected = dot(gradients[0], signs);
  const length = Math.sqrt(dot(gradients[0], gradients[0]));
  const least = Math.min(
    ...STEPS.map((step, i) =>
      Math.abs((dot(pairs[2 * i], weights) - dot(pairs[2 * i + 1], weights)) / (2 * step) - expected),
    ),
  );
  return {
    // A gradient of zero beside a slope is wholly wrong; beside none it agrees.
    error: length === 0 ? (least === 0 ? 0 : 1) : least / length,
    logitDifference: Math.max(...Array.from(scores, (score, k) => Math.abs(score - shipped[k]))),
  };
}
