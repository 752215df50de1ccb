/** Adversarial training without an inner attack: the backward pass that updates the weights updates the perturbations too. */
import { defineObjective, z } from 'proofhouse/plugin';
import { crossEntropy } from './cross-entropy.ts';
import { epsilonOption } from './inner.ts';

export default defineObjective({
  name: 'free',
  title: 'Free adversarial training',
  reference: 'Shafahi et al. 2019, arXiv:1904.12843',
  description:
    'Each batch is trained on several times, on perturbations that are carried on. An epoch costs as many standard ones as there are replays: ask for as many times fewer epochs.',
  options: z.strictObject({
    epsilon: epsilonOption().describe('radius of the L∞ ball that the perturbations stay in'),
    replays: z.int().positive().default(8).describe('steps on each batch'),
  }),
  views: ['adversarial'],
  loop: ({ epsilon, replays }) => ({ replay: { times: replays, epsilon } }),
  loss: (graph, { logits, labels, classes }) => crossEntropy(graph, logits.adversarial, labels, classes),
});
