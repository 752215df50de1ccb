/** Fades towards mid-grey: the least loss of contrast that achieves the goal. */
import { weakestChange } from './line-search.ts';

export default weakestChange(
  {
    name: 'contrast',
    title: 'Contrast reduction',
    reference: 'Rauber et al. 2017, arXiv:1707.04131 (contrast reduction)',
    description: 'Fades the image towards mid-grey, as little as is needed.',
  },
  ({ image }, strength) => image.map((value) => value + strength * (0.5 - value)),
);
