// Gradients that PGD-40 asks at 2/255, against a loop that takes every image of a fixed batch through every step.
import pgd from '../dist/attacks/gradient/pgd.js';
import { attacked, cifar10, standing } from './support/cifar10.mjs';

const EPSILON = 2;
const TARGET = 0.6;

const dataset = await cifar10('gradient queries');
if (dataset !== undefined) {
  const { steps } = pgd.options.parse({});
  const { examples } = dataset;
  const { rows } = await attacked(pgd, EPSILON, dataset, examples);
  const asked = rows.reduce((sum, { queries }) => sum + queries.gradient, 0);
  const loop = steps * examples.length;
  const correct = rows.filter(({ distances }) => distances.linf > 0).length;
  console.log(
    `gradient queries: PGD-${steps} at ${EPSILON}/255, ${examples.length} images, ${standing(rows)} stand: ${asked} gradients, ` +
      `${((100 * asked) / loop).toFixed(1)} % of a fixed-batch loop's ${loop} (target at most ${100 * TARGET} %: ${asked <= TARGET * loop ? 'met' : 'missed'}); ` +
      `${((100 * asked) / (steps * correct)).toFixed(1)} % of a loop over the ${correct} images that are classified correctly`,
  );
}
