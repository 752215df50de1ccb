/** Natural evolution strategies: gradients estimated along Gaussian directions, followed with momentum by projected steps. */
import { BestIterate, defineAttack, z } from 'proofhouse/plugin';
import { gradientEstimator } from './finite-differences.ts';
import { objective } from './objective.ts';

const MOMENTUM = 0.9;
/** The step halves when the objective has not risen over this many steps. */
const PLATEAU = 5;
/** Shortest step, relative to the first. */
const SHORTEST = 1 / 200;

/** The paper attacks a target; leaving the true class follows the margin instead, whose slope does not vanish with confidence. */
export default defineAttack({
  name: 'nes',
  title: 'Natural evolution strategies',
  reference: 'Ilyas et al. 2018, arXiv:1804.08598',
  description: 'Estimates gradients from scores along Gaussian directions and follows them like PGD.',
  access: 'score',
  threats: ['linf', 'l2'],
  options: z.strictObject({
    steps: z.int().positive().default(200).describe('projected steps'),
    samples: z.int().positive().default(50).describe('random directions per step; each costs two queries'),
    sigma: z.number().positive().default(0.001).describe('standard deviation of the search distribution'),
    'relative-step': z.number().positive().default(0.2).describe('first step length as a fraction of ε'),
  }),
  *attack(example, { steps, samples, sigma, 'relative-step': relativeStep }) {
    const { image, threat, goal, random, stop, scoresOf } = example;
    const estimate = gradientEstimator(example, { samples, radius: sigma }, (direction) => {
      for (let i = 0; i < direction.length; i++) direction[i] = random.normal();
    });
    const adversarial = image.slice();
    const velocity = new Float32Array(image.length);
    const best = new BestIterate(image);
    let length = relativeStep * threat.epsilon;
    const shortest = SHORTEST * length;
    let reference = Number.NEGATIVE_INFINITY;
    for (let step = 0; ; step++) {
      const { scores, achieved } = yield* scoresOf(adversarial);
      const value = objective(scores, goal);
      best.offer(adversarial, achieved, value);
      if ((achieved && stop === 'success') || step === steps) return best.point;
      if (step % PLATEAU === 0) {
        if (value <= reference) length = Math.max(shortest, length / 2);
        reference = value;
      }
      const gradient = yield* estimate(adversarial);
      for (let i = 0; i < gradient.length; i++) velocity[i] = MOMENTUM * velocity[i] + (1 - MOMENTUM) * gradient[i];
      threat.ascend(adversarial, velocity, length);
    }
  },
});
