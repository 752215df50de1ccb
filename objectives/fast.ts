/** Adversarial training with a single long step from a random start, and a guard against the way in which it fails. */
import { defineObjective, z } from 'proofhouse/plugin';
import { crossEntropy } from './cross-entropy.ts';
import { epsilonOption } from './inner.ts';

export default defineObjective({
  name: 'fast',
  title: 'Fast adversarial training (RS-FGSM)',
  reference: 'Wong et al. 2020, arXiv:2001.03994',
  description:
    'One step from a random start in place of PGD: robustness at less than twice the cost of standard training. Made for a one-cycle schedule of 15 to 30 epochs.',
  options: z.strictObject({
    epsilon: epsilonOption(),
    'relative-step': z.number().positive().default(1.25).describe('step length as a fraction of ε; 10/255 of 8/255'),
    collapse: z
      .number()
      .positive()
      .max(1)
      .default(0.5)
      .describe('share of the best robust accuracy so far below which training ends: catastrophic overfitting'),
  }),
  views: ['adversarial'],
  attack: ({ epsilon, 'relative-step': step }) => ({
    attack: 'fgsm',
    norm: 'linf',
    epsilon,
    options: { 'random-start': true, 'relative-step': step },
  }),
  loop: ({ collapse }) => ({ collapse }),
  loss: (graph, { logits, labels, classes }) => crossEntropy(graph, logits.adversarial, labels, classes),
});
