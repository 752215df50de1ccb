/** Linearised decision boundaries, and which of them is nearest. */
import { type AttackExample, type Goal, InputError, type Norm } from 'proofhouse/plugin';

/** A function of the image that is negative before the boundary and positive beyond it. */
export interface Boundary {
  loss: 'logit-difference' | 'margin';
  goal: Goal;
}

/**
 * The boundaries an attack may cross: one for each of the `count` likeliest other classes, by clean logits; for a target, the one around
 * its class.
 */
export function boundariesOf(
  { goal, cleanScores }: Pick<AttackExample, 'goal' | 'cleanScores'>,
  count = Number.POSITIVE_INFINITY,
): Boundary[] {
  if (goal.kind === 'reach') return [{ loss: 'margin', goal }];
  const [from, ...others] = goal.classes;
  if (others.length > 0)
    throw new InputError(
      'An attack along linearised boundaries leaves one class, not several.',
      'Use pgd with the margin loss, or fmn.',
    );
  return Array.from(cleanScores.keys())
    .filter((index) => index !== from)
    .toSorted((a, b) => cleanScores[b] - cleanScores[a] || a - b)
    .slice(0, count)
    .map((target) => ({ loss: 'logit-difference', goal: { kind: 'reach', target, from } }));
}

/** Largest w·v over vectors v of length 1 in `norm`. */
export function dualNorm(norm: Norm, w: Float32Array): number {
  let largest = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < w.length; i++) {
    const magnitude = Math.abs(w[i]);
    largest = Math.max(largest, magnitude);
    sum += magnitude;
    squares += magnitude * magnitude;
  }
  return norm === 'linf' ? sum : norm === 'l2' ? Math.sqrt(squares) : largest;
}

/** The boundary with the least |value| / ‖gradient‖ in the dual norm, which is its distance if it is a plane. */
export function nearestOf(
  norm: Norm,
  values: readonly number[],
  gradients: readonly Float32Array[],
): { value: number; gradient: Float32Array; distance: number } {
  let nearest = { value: values[0], gradient: gradients[0], distance: Number.POSITIVE_INFINITY };
  for (let k = 0; k < values.length; k++) {
    const distance = Math.abs(values[k]) / (dualNorm(norm, gradients[k]) + 1e-12);
    if (distance < nearest.distance) nearest = { value: values[k], gradient: gradients[k], distance };
  }
  return nearest;
}
