/** Projected gradient descent: random start, steepest ascent steps, projection onto ball ∩ box, best iterate kept. */
import { BestIterate, defineAttack, InputError, type Threat, z } from 'proofhouse/plugin';
import { accumulated, adam } from './direction.ts';

type Step = (point: Float32Array, gradient: Float32Array) => void;

function stepper(optimizer: 'steepest' | 'momentum' | 'adam', threat: Threat, length: number, step: number): Step {
  if (optimizer === 'steepest') return (point, gradient) => threat.ascend(point, gradient, step);
  if (optimizer === 'momentum') {
    const velocity = accumulated(length, 0.9);
    return (point, gradient) => threat.ascend(point, velocity(gradient), step);
  }
  // Elsewhere its nearly equal entries lead to the corner of a cube, which is not the steepest point of any other ball.
  if (threat.norm !== 'linf') {
    throw new InputError(
      'pgd: the adam optimizer is for linf.',
      "Use optimizer: 'momentum' or 'steepest' for other norms.",
    );
  }
  const direction = adam(length);
  // Not the sign alone: Adam's own lengths let coordinates whose gradient wavers come to rest.
  return (point, gradient) => {
    const along = direction(gradient);
    for (let i = 0; i < point.length; i++) point[i] += step * along[i];
    threat.project(point);
  };
}

export default defineAttack({
  name: 'pgd',
  title: 'Projected gradient descent',
  reference: 'Madry et al. 2018, arXiv:1706.06083',
  description: 'The standard first-order attack. More restarts make it stronger; each starts at another random point.',
  access: 'gradient',
  readsCleanScores: false,
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
    optimizer: z
      .enum(['steepest', 'momentum', 'adam'])
      .default('steepest')
      .describe(
        'step along the gradient, a decaying sum of past ones (0.9), or Adam (linf); the last two smooth noisy gradients',
      ),
  }),
  *attack({ image, threat, random, stop, gradientOf, scoresOf, lossOf }, options) {
    // Few steps must be long enough to cross the ball: 2.5 ε in all, as Madry et al. advise.
    const step = (options['relative-step'] ?? Math.max(0.1, 2.5 / options.steps)) * threat.epsilon;
    const best = new BestIterate(image);
    for (let restart = 0; restart < options.restarts; restart++) {
      const ascend = stepper(options.optimizer, threat, image.length, step);
      const adversarial = options['random-start'] ? threat.randomPoint(random) : image.slice();
      for (let i = 0; i < options.steps; i++) {
        const { gradient, achieved, loss } = yield* gradientOf(adversarial, options.loss);
        best.offer(adversarial, achieved, loss);
        if (achieved && stop === 'success') return best.point;
        ascend(adversarial, gradient);
      }
      const { achieved, scores } = yield* scoresOf(adversarial);
      best.offer(adversarial, achieved, lossOf(scores, options.loss));
      if (achieved && stop === 'success') return best.point;
    }
    return best.point;
  },
});
