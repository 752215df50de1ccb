/** Fades towards the negative: the least inversion that achieves the goal. */
import { weakestChange } from './line-search.ts';

export default weakestChange(
  {
    name: 'inversion',
    title: 'Inversion',
    reference:
      'Rauber et al. 2017, arXiv:1707.04131 (inversion, blended by line search; Hosseini et al. 2017, arXiv:1703.06857)',
    description: 'Fades the image towards its negative, as little as is needed.',
  },
  ({ image }, strength) => image.map((value) => value + strength * (1 - 2 * value)),
);
