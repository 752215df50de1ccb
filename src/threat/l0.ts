/** L0 ball ∩ pixel box: at most ε channel values differ from the image, each by anything the box allows. */
import type { Threat } from '../plugin/threat.ts';
import { clipToBox, distances, inBox } from './box.ts';

/** Indices of the `count` largest values, larger first; ties go to the lower index. */
function largest(values: Float32Array, count: number): number[] {
  return Array.from(values.keys())
    .toSorted((a, b) => values[b] - values[a] || a - b)
    .slice(0, count);
}

/** @param epsilon number of channel values; its whole part counts */
export function l0Ball(image: Float32Array, epsilon: number): Threat {
  const budget = Math.min(image.length, Math.floor(epsilon));
  const project = (point: Float32Array): void => {
    clipToBox(point);
    if (distances(point, image).l0 <= budget) return;
    const kept = new Set(
      largest(
        point.map((value, i) => Math.abs(value - image[i])),
        budget,
      ),
    );
    for (let i = 0; i < point.length; i++) if (!kept.has(i)) point[i] = image[i];
  };
  return {
    norm: 'l0',
    epsilon,
    within: (radius) => l0Ball(image, radius),
    distance: (point) => distances(point, image).l0,
    contains: (point) => inBox(point) && distances(point, image).l0 <= budget,
    project,
    /** ε distinct coordinates drawn without order, each set to 0 or 1. */
    randomPoint(random) {
      const point = image.slice();
      const order = Array.from(image.keys());
      for (let i = 0; i < budget; i++) {
        const j = i + random.integer(order.length - i);
        [order[i], order[j]] = [order[j], order[i]];
        point[order[i]] = random.integer(2);
      }
      return point;
    },
    /** Moves the `step` steepest coordinates that can still move all the way to the side their slope points to. */
    ascend(point, gradient, step) {
      const gain = gradient.map((slope, i) => (slope > 0 ? slope * (1 - point[i]) : -slope * point[i]));
      for (const i of largest(gain, Math.max(1, Math.floor(step)))) if (gain[i] > 0) point[i] = +(gradient[i] > 0);
      project(point);
    },
  };
}
