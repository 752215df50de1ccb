/** TRADES: accuracy on the images as they are, and a bound on how far predictions may move around them. */
import { defineObjective, z } from 'proofhouse/plugin';
import { crossEntropy, divergence } from './cross-entropy.ts';
import { awp, awpOptions, nearbyPgd, nearbyPgdOptions } from './inner.ts';

export default defineObjective({
  name: 'trades',
  title: 'TRADES',
  reference: 'Zhang et al. 2019, arXiv:1901.08573',
  description:
    'CE(f(x), y) + β KL(f(x) ‖ f(x′)), x′ by PGD on the divergence. β trades clean accuracy for robust accuracy: the objective to tune.',
  options: z.strictObject({
    beta: z.number().nonnegative().default(6).describe('β, weight of the divergence'),
    ...nearbyPgdOptions,
    ...awpOptions(0.005, 10),
  }),
  views: ['clean', 'adversarial'],
  attack: (options) => ({ ...nearbyPgd(options), ascend: 'divergence' }),
  loop: (options) => awp(options),
  loss: (graph, { logits, labels, classes }, { beta }) =>
    graph.op('Add', [
      crossEntropy(graph, logits.clean, labels, classes),
      graph.op('Mul', [graph.scalar(beta), divergence(graph, logits.clean, logits.adversarial, classes)]),
    ]),
});
