/** Fast adaptive boundary: projections onto linearised boundaries inside the box, biased towards the clean image. */
import { type Asking, type AttackExample, defineAttack, towardsPlane, z } from 'proofhouse/plugin';
import { type Boundary, boundariesOf, nearestOf } from '../hyperplane.ts';
import { Nearest } from '../nearest.ts';

/** Constants of the authors' code. */
const MOST_BIAS = 0.1;
const OVERSHOOT = 1.05;
const BACKWARD = 0.9;

// Nothing is asked between filling and using these: one pair serves every example of a thread, and stays in its cache.
let fromPoint = new Float64Array(0);
let fromImage = new Float64Array(0);

/** One descent to the given boundaries from `point`, which it changes. */
function* descend(
  { image, threat, gradientsOf, scoresOf }: AttackExample,
  boundaries: readonly Boundary[],
  point: Float32Array,
  steps: number,
  nearest: Nearest,
): Asking<void> {
  for (let step = 0; step < steps && !nearest.enough; step++) {
    const { gradients, losses, achieved } = yield* gradientsOf(point, boundaries);
    nearest.offer(point, achieved);
    const { gradient, value } =
      gradients.length === 1 ? { gradient: gradients[0], value: losses[0] } : nearestOf(threat.norm, losses, gradients);
    if (fromPoint.length !== point.length) {
      fromPoint = new Float64Array(point.length);
      fromImage = new Float64Array(point.length);
    }
    let clean = value;
    for (let i = 0; i < image.length; i++) clean += gradient[i] * (image[i] - point[i]);
    const here = Math.max(towardsPlane(threat.norm, point, gradient, value, fromPoint), 1e-8);
    const there = Math.max(towardsPlane(threat.norm, image, gradient, clean, fromImage), 1e-8);
    const bias = Math.min(here / (here + there), MOST_BIAS);
    for (let i = 0; i < point.length; i++) {
      const moved = (1 - bias) * (point[i] + OVERSHOOT * fromPoint[i]) + bias * (image[i] + OVERSHOOT * fromImage[i]);
      point[i] = Math.max(0, Math.min(1, moved));
    }
    const after = yield* scoresOf(point);
    if (!after.achieved) continue;
    nearest.offer(point, true);
    for (let i = 0; i < point.length; i++) point[i] = image[i] + BACKWARD * (point[i] - image[i]);
  }
}

export default defineAttack({
  name: 'fab',
  title: 'Fast adaptive boundary',
  reference: 'Croce & Hein 2020, arXiv:1907.02044; targeted form arXiv:2003.01690',
  description:
    'Minimal-norm. Needs no step size and does not care how logits are scaled. One class after another (FAB-T) by default, as AutoAttack runs it.',
  access: 'gradient',
  threats: ['linf', 'l2', 'l1'],
  budget: 'minimal-norm',
  options: z.strictObject({
    steps: z.int().positive().default(100).describe('steps per descent'),
    restarts: z
      .int()
      .positive()
      .default(1)
      .describe('descents per class; the first starts at the clean image, others at random'),
    targets: z
      .int()
      .nonnegative()
      .default(9)
      .describe(
        'likeliest other classes, one descent towards each (FAB-T); 0: one descent to the nearest of all (FAB)',
      ),
  }),
  *attack(example, { steps, restarts, targets }) {
    const { image, threat, random } = example;
    const all = boundariesOf(example, targets || undefined);
    const descents = targets > 0 ? all.map((boundary) => [boundary]) : [all];
    const nearest = new Nearest(example);
    // No point of the box is further away than this.
    const furthest = threat.distance(image.map((value) => +(value < 0.5)));
    for (const [index, boundaries] of descents.entries()) {
      for (let restart = 0; restart < restarts; restart++) {
        if (nearest.enough) return nearest.answer();
        const radius = 0.5 * Math.min(nearest.distance, threat.epsilon, furthest);
        const start =
          restart === 0
            ? image.slice()
            : threat.within(radius).randomPoint(random.fork(`descent ${index}, restart ${restart}`));
        yield* descend(example, boundaries, start, steps, nearest);
      }
    }
    return nearest.answer();
  },
});
