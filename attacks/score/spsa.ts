/** Simultaneous perturbation stochastic approximation: gradients estimated along random sign vectors, followed by Adam. */
import { BestIterate, defineAttack, type Random, z } from 'proofhouse/plugin';
import { gradientEstimator } from './finite-differences.ts';
import { objective } from './objective.ts';

/** −1 or +1 everywhere; one draw gives 32 of them. */
function signs(direction: Float32Array, random: Random): void {
  let bits = 0;
  for (let i = 0; i < direction.length; i++) {
    if ((i & 31) === 0) bits = random.integer(2 ** 32) | 0;
    direction[i] = 1 - 2 * (bits & 1);
    bits >>>= 1;
  }
}

/** Adam's usual constants (Kingma & Ba 2015). */
const FIRST = 0.9;
const SECOND = 0.999;
const TINY = 1e-12;

/**
 * The paper's Adam rate of 0.01 is a third of ε at 8/255 and more than ε at 2/255; here it is relative to ε, so that a small ball is
 * searched as finely as a large one.
 */
export default defineAttack({
  name: 'spsa',
  title: 'Simultaneous perturbation stochastic approximation',
  reference: 'Uesato et al. 2018, arXiv:1802.05666',
  description:
    'Estimates gradients from scores, which masked gradients cannot mislead. Published evaluations use up to 8192 samples a step.',
  access: 'score',
  threats: ['linf'],
  options: z.strictObject({
    steps: z.int().positive().default(100).describe('steps of Adam'),
    samples: z.int().positive().default(128).describe('random directions per step; each costs two queries'),
    radius: z.number().positive().default(0.01).describe('how far from the point the differences are taken'),
    'relative-step': z.number().positive().default(0.3).describe("Adam's rate as a fraction of ε"),
  }),
  *attack(example, { steps, samples, radius, 'relative-step': relativeStep }) {
    const { image, threat, goal, random, stop, scoresOf } = example;
    const directions = random.fork('directions');
    const estimate = gradientEstimator(example, { samples, radius }, (direction) => signs(direction, directions));
    const rate = relativeStep * threat.epsilon;
    const mean = new Float64Array(image.length);
    const square = new Float64Array(image.length);
    const adversarial = threat.randomPoint(random.fork('start'));
    const best = new BestIterate(image);
    for (let step = 1; step <= steps + 1; step++) {
      const { scores, achieved } = yield* scoresOf(adversarial);
      best.offer(adversarial, achieved, objective(scores, goal));
      if ((achieved && stop === 'success') || step > steps) break;
      const gradient = yield* estimate(adversarial);
      const length = rate / (1 - FIRST ** step);
      const debias = 1 / (1 - SECOND ** step);
      for (let i = 0; i < gradient.length; i++) {
        mean[i] = FIRST * mean[i] + (1 - FIRST) * gradient[i];
        square[i] = SECOND * square[i] + (1 - SECOND) * gradient[i] * gradient[i];
        adversarial[i] += (length * mean[i]) / (Math.sqrt(square[i] * debias) + TINY);
      }
      threat.project(adversarial);
    }
    return best.point;
  },
});
