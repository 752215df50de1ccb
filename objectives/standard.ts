/** Training on the images as they are. */
import { defineObjective, z } from 'proofhouse/plugin';
import { crossEntropy } from './cross-entropy.ts';

export default defineObjective({
  name: 'standard',
  title: 'Cross-entropy on clean images',
  reference: 'Bishop 2006, §4.3.4',
  description: 'No attack takes part: accurate and, as a rule, not robust. What hardened models are compared with.',
  options: z.strictObject({}),
  views: ['clean'],
  loss: (graph, { logits, labels, classes }) => crossEntropy(graph, logits.clean, labels, classes),
});
