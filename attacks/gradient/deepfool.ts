/** DeepFool: steps over the nearest linearised boundary until the label changes. */
import { defineAttack, z } from 'proofhouse/plugin';
import { boundariesOf, nearestOf } from '../hyperplane.ts';
import { Nearest } from '../nearest.ts';

/** Shortest step in pixel units, so that a point on a boundary (a tie of logits) still moves. */
const shortest = { linf: 1e-6, l2: 1e-4 };

export default defineAttack({
  name: 'deepfool',
  title: 'DeepFool',
  reference: 'Moosavi-Dezfooli et al. 2016, arXiv:1511.04599',
  description:
    'Minimal-norm, quick: a few gradients for each candidate class. Its first success ends it, so FAB and FMN find nearer points.',
  access: 'gradient',
  threats: ['linf', 'l2'],
  budget: 'minimal-norm',
  options: z.strictObject({
    steps: z.int().positive().default(50).describe('most steps'),
    overshoot: z
      .number()
      .nonnegative()
      .default(0.02)
      .describe('how far past the boundary to go, as a share of the way'),
    candidates: z.int().positive().default(10).describe('likeliest other classes whose boundaries are considered'),
  }),
  *attack(example, { steps, overshoot, candidates }) {
    const { image, threat, gradientsOf, scoresOf } = example;
    const flat = threat.norm === 'linf';
    const boundaries = boundariesOf(example, candidates);
    const nearest = new Nearest(example);
    // The steps are summed as they are; overshoot and box apply to the sum, as in the paper's algorithm 2 and its code.
    const sum = new Float64Array(image.length);
    const point = image.slice();
    for (let step = 0; step < steps; step++) {
      const { gradients, losses, achieved } = yield* gradientsOf(point, boundaries);
      if (nearest.offer(point, achieved)) return nearest.answer();
      const { gradient, distance } = nearestOf(threat.norm, losses, gradients);
      let squares = 0;
      for (let i = 0; i < gradient.length; i++) squares += gradient[i] * gradient[i];
      const length = Math.max(distance, flat ? shortest.linf : shortest.l2);
      const scale = length / Math.max(Math.sqrt(squares), 1e-30);
      for (let i = 0; i < point.length; i++) {
        sum[i] += flat ? length * Math.sign(gradient[i]) : scale * gradient[i];
        point[i] = Math.max(0, Math.min(1, image[i] + (1 + overshoot) * sum[i]));
      }
    }
    const { achieved } = yield* scoresOf(point);
    nearest.offer(point, achieved);
    return nearest.answer();
  },
});
