/** Adversarial training in its first and still standard form: the loss at what PGD makes of each image. */
import { defineObjective, z } from 'proofhouse/plugin';
import { crossEntropy } from './cross-entropy.ts';
import { awp, awpOptions, pgd, pgdOptions } from './inner.ts';

export default defineObjective({
  name: 'pgd-at',
  title: 'Adversarial training with PGD',
  reference: 'Madry et al. 2018, arXiv:1706.06083',
  description: 'min E max CE(f(x + δ), y), the maximum by PGD. The reference for every other objective.',
  options: z.strictObject({ ...pgdOptions, ...awpOptions(0.01, 0) }),
  views: ['adversarial'],
  attack: (options) => pgd(options),
  loop: (options) => awp(options),
  loss: (graph, { logits, labels, classes }) => crossEntropy(graph, logits.adversarial, labels, classes),
});
