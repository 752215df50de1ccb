/** Adversarial training in its first and still standard form: the loss at what PGD makes of each image. */
import { defineObjective, z } from 'proofhouse/plugin';
import { crossEntropy } from './cross-entropy.ts';
import { epsilonOption } from './inner.ts';

export default defineObjective({
  name: 'pgd-at',
  title: 'Adversarial training with PGD',
  reference: 'Madry et al. 2018, arXiv:1706.06083',
  description: 'min E max CE(f(x + δ), y), the maximum by PGD. The reference for every other objective.',
  options: z.strictObject({
    epsilon: epsilonOption,
    norm: z.enum(['linf', 'l2']).default('linf').describe('norm of the ball that the inner attack searches'),
    steps: z.int().positive().default(7).describe('gradient steps of the inner attack'),
    'relative-step': z.number().positive().default(0.25).describe('step length as a fraction of ε; 2/255 of 8/255'),
  }),
  views: ['adversarial'],
  attack: ({ epsilon, norm, steps, 'relative-step': step }) => ({
    attack: 'pgd',
    norm,
    epsilon,
    options: { steps, 'relative-step': step },
  }),
  loss: (graph, { logits, labels, classes }) => crossEntropy(graph, logits.adversarial, labels, classes),
});
