/** L∞ ball ∩ pixel box: an interval per coordinate. */
import type { Threat } from '../plugin/threat.ts';
import { inBox } from './box.ts';
import { ascendWithin, clamp, linfDistance, within } from './interval.ts';

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** The float32 next to a non-negative finite one, one step up or down. */
function neighbour(value: number, step: 1 | -1): number {
  float[0] = value;
  bits[0] += step;
  return float[0];
}

/** Bounds are rounded towards the image, so that a stored float32 point is inside the ball in float64, with no tolerance. */
export function linfBall(image: Float32Array, epsilon: number): Threat {
  const low = new Float32Array(image.length);
  const high = new Float32Array(image.length);
  for (let i = 0; i < image.length; i++) {
    const exactLow = Math.max(0, image[i] - epsilon);
    const exactHigh = Math.min(1, image[i] + epsilon);
    low[i] = exactLow;
    high[i] = exactHigh;
    if (low[i] < exactLow) low[i] = neighbour(low[i], 1);
    if (high[i] > exactHigh) high[i] = neighbour(high[i], -1);
  }
  return {
    norm: 'linf',
    epsilon,
    within: (radius) => linfBall(image, radius),
    distance: (point) => linfDistance(point, image),
    contains: (point, tolerance = 1e-6) =>
      linfDistance(point, image) <= epsilon + tolerance && (within(point, low, high) || inBox(point)),
    project: (point) => clamp(point, low, high),
    randomPoint(random) {
      const radius = Math.min(epsilon, 1);
      const point = new Float32Array(image.length);
      for (let i = 0; i < point.length; i++) {
        point[i] = Math.max(low[i], Math.min(high[i], image[i] + random.uniform(-radius, radius)));
      }
      return point;
    },
    ascend: (point, gradient, step) => ascendWithin(point, gradient, step, low, high),
  };
}
