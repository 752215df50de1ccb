/** Training for the subgroup that fares worst, with or without an attacker. */
import { defineObjective, z } from 'proofhouse/plugin';
import { crossEntropy } from './cross-entropy.ts';
import { pgd, pgdOptions } from './inner.ts';

export default defineObjective({
  name: 'group-reweighted',
  title: 'Worst-subgroup training (group DRO)',
  reference: 'Sagawa et al. 2020, arXiv:1911.08731',
  description:
    'The loss of each subgroup counts by a weight that grows with it. For a gap that an audit found; regularise strongly, since a loss of 0 in every group leaves nothing to weigh.',
  options: z.strictObject({
    column: z.string().min(1).describe('subgroup column of the data, filled in for every training image'),
    by: z
      .enum(['subgroup', 'subgroup-and-class'])
      .default('subgroup')
      .describe('one weight for each subgroup, or for each class within it: then misses and false alarms count apart'),
    rate: z.number().positive().default(0.01).describe('η, how fast weights follow losses'),
    on: z.enum(['standard', 'pgd-at']).default('standard').describe('images as they are, or as PGD makes them'),
    ...pgdOptions,
  }),
  views: ['adversarial'],
  attack: (options) => (options.on === 'pgd-at' ? pgd(options) : undefined),
  loop: ({ column, by, rate }) => ({ groupWeights: { column, by, rate } }),
  loss: (graph, { logits, labels, classes }) => crossEntropy(graph, logits.adversarial, labels, classes),
});
