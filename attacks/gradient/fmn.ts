/** Fast minimum norm: steps along the margin's gradient, projected onto a ball whose radius adapts to where the boundary is. */
import { defineAttack, z } from 'proofhouse/plugin';
import { dualNorm } from '../hyperplane.ts';
import { Nearest } from '../nearest.ts';

/** Constants of the paper: both schedules fall by a cosine, the step to a hundredth. */
const FIRST_GAMMA = 0.05;
const LAST_GAMMA = 0.001;
const LAST_STEP = 0.01;

export default defineAttack({
  name: 'fmn',
  title: 'Fast minimum norm',
  reference: 'Pintor et al. 2021, arXiv:2102.12827',
  description: 'Minimal-norm in every norm, L0 included: one gradient a step. Does not care how logits are scaled.',
  access: 'gradient',
  threats: ['linf', 'l2', 'l1', 'l0'],
  budget: 'minimal-norm',
  options: z.strictObject({
    steps: z.int().positive().default(300).describe('gradient steps'),
    'step-size': z
      .number()
      .positive()
      .optional()
      .describe('length of the first step, in L2 whatever the norm; default: 10 for L∞ and L1, else 1'),
  }),
  // The projection is the exact one onto ball ∩ box, which only shrinks (one published code rescales in L2, another does nothing there).
  *attack(example, { steps, 'step-size': given }) {
    const { image, threat, gradientOf } = example;
    const { norm } = threat;
    // The paper's 1 is short for L∞, whose balls are long in L2, and for L1, whose projection keeps little of a step: on an adversarially
    // trained network it left more examples standing in both, and some with nothing found at all.
    const firstStep = given ?? (norm === 'linf' || norm === 'l1' ? 10 : 1);
    const nearest = new Nearest(example);
    const furthest = threat.distance(image.map((value) => +(value < 0.5)));
    const point = image.slice();
    let radius = norm === 'l0' ? 1 : Number.POSITIVE_INFINITY;
    for (let step = 0; step < steps; step++) {
      const { gradient, loss, achieved } = yield* gradientOf(point, 'margin');
      nearest.offer(point, achieved);
      if (nearest.enough) break;
      const cosine = 0.5 * (1 + Math.cos((Math.PI * step) / steps));
      const rate = firstStep * (LAST_STEP + (1 - LAST_STEP) * cosine);
      const gamma = LAST_GAMMA + (FIRST_GAMMA - LAST_GAMMA) * cosine;
      if (norm === 'l0') {
        radius = achieved
          ? Math.min(radius - 1, Math.floor(radius * (1 - gamma)), nearest.distance)
          : Math.max(radius + 1, Math.floor(radius * (1 + gamma)));
        radius = Math.max(1, radius);
      } else if (achieved) radius = Math.min(radius * (1 - gamma), nearest.distance);
      else if (nearest.distance < Number.POSITIVE_INFINITY) radius *= 1 + gamma;
      else {
        // Beyond the estimate by γ: on a plane the estimate is the boundary itself, where nothing has been crossed yet.
        const estimate = threat.distance(point) + Math.abs(loss) / Math.max(dualNorm(norm, gradient), 1e-12);
        radius = estimate * (1 + gamma);
      }
      radius = Math.min(radius, furthest);
      const scale = rate / Math.max(dualNorm('l2', gradient), 1e-12);
      for (let i = 0; i < point.length; i++) point[i] += scale * gradient[i];
      threat.within(radius).project(point);
    }
    return nearest.answer();
  },
});
