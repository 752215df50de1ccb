/** The least Gaussian blur that achieves the goal. */
import { defineAttack, z } from 'proofhouse/plugin';
import { blur } from './blur.ts';
import { weakest } from './line-search.ts';

/** Strength t means σ = t² × the longer side: up to Foolbox's strongest, but denser where the image can still be recognised. */
export default defineAttack({
  name: 'gaussian-blur',
  title: 'Gaussian blur',
  reference: 'Rauber et al. 2017, arXiv:1707.04131 (Gaussian blur)',
  description: 'Blurs the image, as little as is needed.',
  access: 'decision',
  threats: ['l2', 'linf', 'l1'],
  budget: 'minimal-norm',
  options: z.strictObject({
    steps: z.int().positive().default(100).describe('strengths that are tried before the weakest is refined'),
  }),
  *attack(example, { steps }) {
    const { image, shape } = example;
    const longer = Math.max(shape.height, shape.width);
    return yield* weakest(example, steps, (strength) => blur(image, shape, strength * strength * longer));
  },
});
