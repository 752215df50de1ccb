/** L1 ball ∩ pixel box, with the exact Euclidean projection onto the intersection (Croce & Hein 2021, arXiv:2103.01208, §3). */
import type { Threat } from '../plugin/threat.ts';
import { clipToBox, distances, inBox, roomTowards, roundTowards } from './box.ts';

/** Share of coordinates that a step leaves alone: only the steepest 1 % move (sparse L1 descent, Tramèr & Boneh 2019, arXiv:1904.13000). */
const QUANTILE = 0.99;

/**
 * Nearest point of {‖v − image‖₁ ≤ ε} ∩ [0,1]ⁿ, in place: |δᵢ| = min(max(|dᵢ| − λ, 0), roomᵢ) with the least λ ≥ 0 that meets the
 * budget. The sum falls piecewise linearly in λ, so Newton steps kept inside a bracket find it.
 */
function project(image: Float32Array, epsilon: number, point: Float32Array): void {
  const { length } = image;
  const magnitude = new Float64Array(length);
  const room = new Float64Array(length);
  let largest = 0;
  for (let i = 0; i < length; i++) {
    const delta = point[i] - image[i];
    magnitude[i] = Math.abs(delta);
    room[i] = roomTowards(image[i], delta);
    largest = Math.max(largest, magnitude[i]);
  }
  const budgetAt = (lambda: number) => {
    let sum = 0;
    let free = 0;
    for (let i = 0; i < length; i++) {
      const shrunk = magnitude[i] - lambda;
      sum += Math.max(0, Math.min(shrunk, room[i]));
      free += +(shrunk > 0) & +(shrunk < room[i]);
    }
    return { sum, free };
  };
  let lambda = 0;
  let low = 0;
  let high = largest;
  let { sum, free } = budgetAt(0);
  if (sum <= epsilon) return clipToBox(point);
  for (let round = 0; round < 200 && Math.abs(sum - epsilon) > 1e-12 * epsilon && high - low > 1e-16; round++) {
    if (sum > epsilon) low = lambda;
    else high = lambda;
    const newton = lambda + (sum - epsilon) / free;
    lambda = newton > low && newton < high ? newton : (low + high) / 2;
    ({ sum, free } = budgetAt(lambda));
  }
  for (let i = 0; i < length; i++) {
    const moved = Math.max(0, Math.min(magnitude[i] - lambda, room[i]));
    const target = Math.max(0, Math.min(1, image[i] + (point[i] > image[i] ? moved : -moved)));
    point[i] = roundTowards(image[i], target);
  }
}

/** The value at `quantile` of the magnitudes, by sorting a copy. */
function threshold(magnitudes: Float32Array, quantile: number): number {
  return Float32Array.from(magnitudes).toSorted()[
    Math.min(magnitudes.length - 1, Math.floor(quantile * magnitudes.length))
  ];
}

export function l1Ball(image: Float32Array, epsilon: number): Threat {
  return {
    norm: 'l1',
    epsilon,
    within: (radius) => l1Ball(image, radius),
    distance: (point) => distances(point, image).l1,
    contains: (point, tolerance = 1e-6) => inBox(point) && distances(point, image).l1 <= epsilon + tolerance,
    project: (point) => project(image, epsilon, point),
    /** Uniform in the ball (normalised Laplace variates, radius ε·U^{1/n}), then projected into the box. */
    randomPoint(random) {
      const direction = new Float64Array(image.length).map(() => -Math.log(1 - random.uniform()));
      let sum = 0;
      for (const value of direction) sum += value;
      const scale = (Math.min(epsilon, image.length) * random.uniform() ** (1 / image.length)) / sum;
      const point = image.map((value, i) => value + random.sign() * scale * direction[i]);
      project(image, epsilon, point);
      return point;
    },
    /** Equal steps on the steepest coordinates that can still move, of total length `step`. */
    ascend(point, gradient, step) {
      const usable = gradient.map((g, i) => ((g > 0 && point[i] < 1) || (g < 0 && point[i] > 0) ? Math.abs(g) : 0));
      const least = threshold(usable, QUANTILE);
      let moving = 0;
      for (const magnitude of usable) moving += +(magnitude > 0 && magnitude >= least);
      if (moving === 0) return;
      for (let i = 0; i < point.length; i++) {
        if (usable[i] > 0 && usable[i] >= least) point[i] += (Math.sign(gradient[i]) * step) / moving;
      }
      project(image, epsilon, point);
    },
  };
}
