// AutoAttack's standard version on all 500 images of a published CNN, against what the authors' own leaves standing; minutes on two cores.
import autoattack from '../dist/attacks/autoattack.js';
import { attacked, cifar10, cores, standing } from './support/cifar10.mjs';

/** ε in 255ths, and the share that stands after the authors' code at its default seed. */
const PUBLISHED = [
  [2, 0.534],
  [8, 0.132],
];

const dataset = await cifar10('published strength');
if (dataset !== undefined) {
  const { examples } = dataset;
  for (const [epsilon, published] of PUBLISHED) {
    const { rows, seconds } = await attacked(autoattack, epsilon, dataset, examples);
    const left = standing(rows);
    const met = left <= published * examples.length + 1;
    const perExample = (kind) => (rows.reduce((sum, { queries }) => sum + queries[kind], 0) / rows.length).toFixed(0);
    console.log(
      `published strength: AutoAttack standard at ${epsilon}/255, ${examples.length} images, ${cores} cores: ${left} stand, ` +
        `${((100 * left) / examples.length).toFixed(1)} % (the authors' ${(100 * published).toFixed(1)} %, give or take one image: ${met ? 'met' : 'missed'}); ` +
        `${perExample('gradient')} gradients and ${perExample('score')} forward passes an image; ${seconds.toFixed(0)} s`,
    );
  }
}
