/** Projected gradient descent: random start, steepest ascent steps, projection onto ball ∩ box, best iterate kept. */
import { BestIterate, defineAttack, z } from 'proofhouse/plugin';

export default defineAttack({
  name: 'pgd',
  title: 'Projected gradient descent',
  reference: 'Madry et al. 2018, arXiv:1706.06083',
  description: 'The standard first-order attack. More restarts make it stronger; each starts at another random point.',
  access: 'gradient',
  threats: ['linf', 'l2', 'l1'],
  options: z.strictObject({
    steps: z.int().positive().default(40).describe('gradient steps per restart'),
    'relative-step': z
      .number()
      .positive()
      .optional()
      .describe('step length as a fraction of ε; default: 0.1, or 2.5/steps where that is longer'),
    restarts: z.int().positive().default(1).describe('independent random starts'),
    'random-start': z
      .boolean()
      .default(true)
      .describe('start at a random point of the ball instead of the clean image'),
    loss: z.enum(['cross-entropy', 'margin', 'dlr']).default('cross-entropy').describe('loss that is maximised'),
  }),
  *attack({ image, threat, random, stop, gradientOf, scoresOf }, options) {
    // Few steps must be long enough to cross the ball: 2.5 ε in all, as Madry et al. advise.
    const step = (options['relative-step'] ?? Math.max(0.1, 2.5 / options.steps)) * threat.epsilon;
    const best = new BestIterate(image);
    for (let restart = 0; restart < options.restarts; restart++) {
      const adversarial = options['random-start'] ? threat.randomPoint(random) : image.slice();
      for (let i = 0; i < options.steps; i++) {
        const { gradient, achieved, loss } = yield* gradientOf(adversarial, options.loss);
        best.offer(adversarial, achieved, loss);
        if (achieved && stop === 'success') return best.point;
        threat.ascend(adversarial, gradient, step);
      }
      const { achieved } = yield* scoresOf(adversarial);
      if (achieved) best.offer(adversarial, achieved, Number.POSITIVE_INFINITY);
      if (achieved && stop === 'success') return best.point;
    }
    return best.point;
  },
});
