/** Linearised decision boundaries: which is nearest, and the shortest way to one inside the pixel box. */
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

// Nothing is asked between filling and using these, so one pair serves every example of a thread.
let magnitudes = new Float64Array(0);
let rooms = new Float64Array(0);

/**
 * The shortest displacement, in `norm` and inside the box, after which the linear function of value `value` at `point` and of gradient
 * `w` is zero; into the box's corner where the plane does not meet the box (Croce & Hein 2020, arXiv:1907.02044, §2.2).
 *
 * @param displacement where to write it
 */
export function towardsPlane(
  norm: Norm,
  point: Float32Array,
  w: Float32Array,
  value: number,
  displacement: Float64Array = new Float64Array(point.length),
): Float64Array {
  const { length } = point;
  if (magnitudes.length !== length) {
    magnitudes = new Float64Array(length);
    rooms = new Float64Array(length);
  }
  const direction = value > 0 ? -1 : 1;
  for (let i = 0; i < length; i++) {
    const slope = direction * w[i];
    magnitudes[i] = Math.abs(slope);
    rooms[i] = slope > 0 ? 1 - point[i] : point[i];
  }
  if (norm === 'l1') fillLargest(displacement.fill(0), w, rooms, Math.abs(value));
  else if (norm === 'linf') fillFlat(displacement, Math.abs(value));
  else fillInProportion(displacement, Math.abs(value));
  for (let i = 0; i < length; i++) displacement[i] *= direction * Math.sign(w[i]);
  return displacement;
}

/**
 * λ with `gained(λ).sum` = needed, for a concave, piecewise linear sum that is 0 at 0: Newton's steps from 0 never pass the solution and
 * end on it.
 */
function solve(
  needed: number,
  slopeAtZero: number,
  gained: (lambda: number) => { sum: number; slope: number },
): number {
  if (slopeAtZero === 0) return 0;
  let lambda = needed / slopeAtZero;
  for (;;) {
    const { sum, slope } = gained(lambda);
    const next = lambda + (needed - sum) / slope;
    if (!(next > lambda * (1 + 1e-12) && next < Number.POSITIVE_INFINITY)) return lambda;
    lambda = next;
  }
}

/** Amounts min(λ, roomᵢ) with Σ |wᵢ|·amountᵢ = needed: the L∞ case. */
function fillFlat(amounts: Float64Array, needed: number): void {
  const { length } = magnitudes;
  let total = 0;
  for (let i = 0; i < length; i++) total += magnitudes[i];
  const lambda = solve(needed, total, (tried) => {
    let sum = 0;
    let slope = 0;
    for (let i = 0; i < length; i++) {
      const magnitude = magnitudes[i];
      const free = tried < rooms[i];
      sum += magnitude * (free ? tried : rooms[i]);
      slope += free ? magnitude : 0;
    }
    return { sum, slope };
  });
  for (let i = 0; i < length; i++) amounts[i] = Math.min(lambda, rooms[i]);
}

/** Amounts min(λ·|wᵢ|, roomᵢ) with Σ |wᵢ|·amountᵢ = needed: the L2 case. */
function fillInProportion(amounts: Float64Array, needed: number): void {
  const { length } = magnitudes;
  let total = 0;
  for (let i = 0; i < length; i++) total += magnitudes[i] * magnitudes[i];
  const lambda = solve(needed, total, (tried) => {
    let sum = 0;
    let slope = 0;
    for (let i = 0; i < length; i++) {
      const magnitude = magnitudes[i];
      const reached = tried * magnitude;
      const free = reached < rooms[i];
      sum += magnitude * (free ? reached : rooms[i]);
      slope += free ? magnitude * magnitude : 0;
    }
    return { sum, slope };
  });
  for (let i = 0; i < length; i++) amounts[i] = Math.min(lambda * magnitudes[i], rooms[i]);
}

/**
 * Coordinates by falling |wᵢ|, each to its bound, until Σ |wᵢ|·amountᵢ = needed: a fractional knapsack, by quickselect. What is still
 * undecided lies in order[from..to).
 */
function fillLargest(amounts: Float64Array, w: Float32Array, room: Float64Array, needed: number): void {
  const order = new Uint32Array(w.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  let from = 0;
  let to = order.length;
  let left = needed;
  while (from < to && left > 0) {
    const pivot = Math.abs(w[order[(from + to) >> 1]]);
    if (pivot === 0) {
      // Only zeros may be smaller, and they contribute nothing.
      let kept = from;
      for (let j = from; j < to; j++) if (w[order[j]] !== 0) order[kept++] = order[j];
      to = kept;
      continue;
    }
    // Three parts: larger than the pivot, equal to it, smaller.
    let larger = from;
    let unseen = from;
    let smaller = to;
    let gain = 0;
    while (unseen < smaller) {
      const i = order[unseen];
      const magnitude = Math.abs(w[i]);
      if (magnitude < pivot) {
        order[unseen] = order[--smaller];
        order[smaller] = i;
      } else {
        if (magnitude > pivot) {
          order[unseen] = order[larger];
          order[larger++] = i;
          gain += magnitude * room[i];
        }
        unseen++;
      }
    }
    if (gain >= left) {
      to = larger;
      continue;
    }
    for (let j = from; j < larger; j++) amounts[order[j]] = room[order[j]];
    left -= gain;
    for (let j = larger; j < smaller && left > 0; j++) {
      const i = order[j];
      amounts[i] = Math.min(room[i], left / pivot);
      left -= pivot * amounts[i];
    }
    from = smaller;
  }
}
