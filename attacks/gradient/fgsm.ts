/** Fast gradient sign method: one steepest step, of length ε from the clean image unless options say otherwise. */
import { defineAttack, z } from 'proofhouse/plugin';

export default defineAttack({
  name: 'fgsm',
  title: 'Fast gradient sign method',
  reference: 'Goodfellow et al. 2015, arXiv:1412.6572',
  description: 'One step. A lower bound on what an attacker can do, useful as a sanity check beside PGD.',
  access: 'gradient',
  readsCleanScores: false,
  threats: ['linf', 'l2', 'l1'],
  options: z.strictObject({
    loss: z
      .enum(['cross-entropy', 'margin', 'dlr'])
      .default('cross-entropy')
      .describe('loss whose gradient is followed'),
    'random-start': z
      .boolean()
      .default(false)
      .describe('start at a random point of the ball instead of the clean image (RS-FGSM)'),
    'relative-step': z.number().positive().default(1).describe('step length as a fraction of ε; 1.25 in RS-FGSM'),
  }),
  *attack({ image, threat, random, gradientOf }, { loss, 'random-start': randomStart, 'relative-step': step }) {
    const adversarial = randomStart ? threat.randomPoint(random) : image.slice();
    const { gradient } = yield* gradientOf(adversarial, loss);
    threat.ascend(adversarial, gradient, step * threat.epsilon);
    return adversarial;
  },
});
