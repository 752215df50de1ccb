/** Fast adaptive boundary: projections onto linearised boundaries inside the box, biased towards the clean image. */
import { type Asking, type AttackExample, defineAttack, drawTowards, stepToPlane, z } from 'proofhouse/plugin';
import { type Boundary, boundariesOf, nearestOf } from '../hyperplane.ts';
import { Nearest } from '../nearest.ts';

/** Constants of the authors' code. */
const STEP = { overshoot: 1.05, mostBias: 0.1 };
const BACKWARD = 0.9;

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
    stepToPlane(threat.norm, point, image, gradient, value, STEP);
    const after = yield* scoresOf(point);
    if (!after.achieved) continue;
    nearest.offer(point, true);
    drawTowards(point, image, BACKWARD);
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
