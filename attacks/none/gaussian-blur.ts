/** The least Gaussian blur that achieves the goal. */
import { blur } from './blur.ts';
import { weakestChange } from './line-search.ts';

/** Strength t means σ = t² × the longer side: up to Foolbox's strongest, but denser where the image can still be recognised. */
export default weakestChange(
  {
    name: 'gaussian-blur',
    title: 'Gaussian blur',
    reference: 'Rauber et al. 2017, arXiv:1707.04131 (Gaussian blur)',
    description: 'Blurs the image, as little as is needed.',
  },
  ({ image, shape }, strength) => blur(image, shape, strength * strength * Math.max(shape.height, shape.width)),
);
