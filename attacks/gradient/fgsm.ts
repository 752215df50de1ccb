/** Fast gradient sign method: one steepest step of length ε from the clean image. */
import { defineAttack, z } from 'proofhouse/plugin';

export default defineAttack({
  name: 'fgsm',
  title: 'Fast gradient sign method',
  reference: 'Goodfellow et al. 2015, arXiv:1412.6572',
  description: 'One step. A lower bound on what an attacker can do, useful as a sanity check beside PGD.',
  access: 'gradient',
  threats: ['linf', 'l2', 'l1'],
  options: z.strictObject({
    loss: z
      .enum(['cross-entropy', 'margin', 'dlr'])
      .default('cross-entropy')
      .describe('loss whose gradient is followed'),
  }),
  *attack({ image, threat, gradientOf }, { loss }) {
    const { gradient } = yield* gradientOf(image, loss);
    const adversarial = image.slice();
    threat.ascend(adversarial, gradient, threat.epsilon);
    return adversarial;
  },
});
