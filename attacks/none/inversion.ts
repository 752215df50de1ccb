/** Fades towards the negative: the least inversion that achieves the goal. */
import { defineAttack, z } from 'proofhouse/plugin';
import { lineTo, weakest } from './line-search.ts';

export default defineAttack({
  name: 'inversion',
  title: 'Inversion',
  reference:
    'Rauber et al. 2017, arXiv:1707.04131 (inversion, blended by line search; Hosseini et al. 2017, arXiv:1703.06857)',
  description: 'Fades the image towards its negative, as little as is needed.',
  access: 'decision',
  threats: ['l2', 'linf', 'l1'],
  budget: 'minimal-norm',
  options: z.strictObject({
    steps: z.int().positive().default(100).describe('strengths that are tried before the weakest is refined'),
  }),
  *attack(example, { steps }) {
    return yield* weakest(
      example,
      steps,
      lineTo(example.image, (value) => 1 - value),
    );
  },
});
