/** MART: images that are misclassified as they are, or nearly so, count more in the divergence. */
import { defineObjective, z } from 'proofhouse/plugin';
import { crossEntropy, divergence } from './cross-entropy.ts';
import { nearbyPgd, nearbyPgdOptions } from './inner.ts';

export default defineObjective({
  name: 'mart',
  title: 'Misclassification-aware adversarial training',
  reference: 'Wang et al. 2020, ICLR, openreview rklOg6EFwS',
  description:
    'CE(f(x′), y) − log(1 − largest other p(x′)) + λ KL(p(x) ‖ p(x′)) (1 − p_y(x)), x′ by PGD. More robust than TRADES at some cost in clean accuracy.',
  options: z.strictObject({
    lambda: z.number().nonnegative().default(6).describe('λ, weight of the divergence; 5 to 6 in its paper'),
    ...nearbyPgdOptions,
  }),
  views: ['clean', 'adversarial'],
  attack: (options) => nearbyPgd(options),
  // 1.0001 and 1.0000001 are the authors': neither the logarithm nor the weight may reach 0.
  loss(graph, { logits, labels, classes }, { lambda }) {
    const sum = (values: string) => graph.op('MatMul', [values, graph.ones(classes)]);
    const truth = graph.oneHotOfLargest(labels, classes);
    const others = graph.op('Mul', [
      graph.op('Softmax', [logits.adversarial], { axis: -1 }),
      graph.op('Sub', [graph.scalar(1), truth]),
    ]);
    const largestOther = sum(graph.op('Mul', [others, graph.oneHotOfLargest(others, classes)]));
    const margin = graph.op('Neg', [graph.op('Log', [graph.op('Sub', [graph.scalar(1.0001), largestOther])])]);
    const trueProbability = sum(graph.op('Mul', [graph.op('Softmax', [logits.clean], { axis: -1 }), truth]));
    const weight = graph.op('Mul', [graph.scalar(lambda), graph.op('Sub', [graph.scalar(1.0000001), trueProbability])]);
    return graph.op('Add', [
      graph.op('Add', [crossEntropy(graph, logits.adversarial, labels, classes), margin]),
      graph.op('Mul', [weight, divergence(graph, logits.clean, logits.adversarial, classes)]),
    ]);
  },
});
