/** L2 ball ∩ pixel box, with the exact Euclidean projection onto the intersection (not "project, then clip"). */
import type { Threat } from '../plugin/threat.ts';
import { clipToBox, distances, inBox, roomTowards, roundTowards } from './box.ts';

/**
 * Nearest point of {‖v − image‖₂ ≤ ε} ∩ [0,1]ⁿ, in place. The optimum is δᵢ = clip(s·dᵢ, −imageᵢ, 1 − imageᵢ) for one scale
 * s ∈ (0, 1]. Coordinates that meet the box stay there as s grows, so solving for s with the clipped set fixed and
 * repeating ends after finitely many rounds.
 */
function project(image: Float32Array, epsilon: number, point: Float32Array): void {
  const { length } = image;
  let clippedNorm = 0;
  for (let i = 0; i < length; i++) {
    const delta = point[i] - image[i];
    const moved = Math.min(Math.abs(delta), roomTowards(image[i], delta));
    clippedNorm += moved * moved;
  }
  if (clippedNorm <= epsilon * epsilon) return clipToBox(point);
  let scale = 0;
  for (;;) {
    let clipped = 0;
    let free = 0;
    for (let i = 0; i < length; i++) {
      const delta = point[i] - image[i];
      const room = roomTowards(image[i], delta);
      if (scale * Math.abs(delta) >= room) clipped += room * room;
      else free += delta * delta;
    }
    const next = Math.sqrt(Math.max(0, epsilon * epsilon - clipped) / free);
    if (!(next > scale * (1 + 1e-12))) break;
    scale = next;
  }
  for (let i = 0; i < length; i++) {
    const target = Math.max(0, Math.min(1, image[i] + scale * (point[i] - image[i])));
    point[i] = roundTowards(image[i], target);
  }
}

export function l2Ball(image: Float32Array, epsilon: number): Threat {
  return {
    norm: 'l2',
    epsilon,
    within: (radius) => l2Ball(image, radius),
    distance: (point) => distances(point, image).l2,
    contains: (point, tolerance = 1e-6) => inBox(point) && distances(point, image).l2 <= epsilon + tolerance,
    project: (point) => project(image, epsilon, point),
    /** Uniform in the ball (radius ε·U^{1/n}), then projected into the box. */
    randomPoint(random) {
      const direction = new Float64Array(image.length).map(() => random.normal());
      let squares = 0;
      for (const value of direction) squares += value * value;
      const diagonal = Math.sqrt(image.length);
      const radius = Math.min(epsilon, diagonal) * random.uniform() ** (1 / image.length);
      const scale = radius / Math.sqrt(squares);
      const point = image.map((value, i) => value + scale * direction[i]);
      project(image, epsilon, point);
      return point;
    },
    ascend(point, gradient, step) {
      let squares = 0;
      for (let i = 0; i < gradient.length; i++) squares += gradient[i] * gradient[i];
      const scale = step / Math.max(Math.sqrt(squares), 1e-12);
      for (let i = 0; i < point.length; i++) point[i] += scale * gradient[i];
      project(image, epsilon, point);
    },
  };
}
