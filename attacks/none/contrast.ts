/** Fades towards mid-grey: the least loss of contrast that achieves the goal. */
import { defineAttack, z } from 'proofhouse/plugin';
import { lineTo, weakest } from './line-search.ts';

export default defineAttack({
  name: 'contrast',
  title: 'Contrast reduction',
  reference: 'Rauber et al. 2017, arXiv:1707.04131 (contrast reduction)',
  description: 'Fades the image towards mid-grey, as little as is needed.',
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
      lineTo(example.image, () => 0.5),
    );
  },
});
