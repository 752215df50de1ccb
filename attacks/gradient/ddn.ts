/** Decoupled direction and norm: follows the loss at a radius that shrinks after each success and grows after each failure. */
import { defineAttack, z } from 'proofhouse/plugin';
import { Nearest } from '../nearest.ts';

const RADIUS = 1;

export default defineAttack({
  name: 'ddn',
  title: 'Decoupled direction and norm',
  reference: 'Rony et al. 2019, arXiv:1811.09600',
  description: 'Minimal-norm in L2: as near as Carlini & Wagner at a thirtieth of the queries.',
  access: 'gradient',
  threats: ['l2'],
  budget: 'minimal-norm',
  options: z.strictObject({
    steps: z.int().positive().default(300).describe('gradient steps'),
    gamma: z.number().gt(0).lt(1).default(0.05).describe('share by which the radius changes at each step'),
  }),
  // Unlike the authors' code, points are not rounded to 8 bits on the way: the harness judges that by itself.
  *attack(example, { steps, gamma }) {
    const { image, threat, random, gradientOf } = example;
    const nearest = new Nearest(example);
    const furthest = threat.distance(image.map((value) => +(value < 0.5)));
    const { length } = image;
    const delta = new Float64Array(length);
    const point = image.slice();
    let radius = RADIUS;
    for (let step = 0; step < steps; step++) {
      const { gradient, achieved } = yield* gradientOf(point, 'cross-entropy');
      nearest.offer(point, achieved);
      if (nearest.enough) break;
      const rate = 0.01 + 0.99 * 0.5 * (1 + Math.cos((Math.PI * step) / steps));
      let slope = normOf(gradient);
      if (slope < 1e-12) {
        for (let i = 0; i < length; i++) gradient[i] = random.normal();
        slope = normOf(gradient);
      }
      for (let i = 0; i < length; i++) delta[i] = point[i] - image[i] + (rate / slope) * gradient[i];
      radius = Math.min(furthest, radius * (achieved ? 1 - gamma : 1 + gamma));
      const scale = radius / Math.max(normOf(delta), 1e-30);
      for (let i = 0; i < length; i++) point[i] = Math.max(0, Math.min(1, image[i] + scale * delta[i]));
    }
    return nearest.answer();
  },
});

function normOf(vector: Float32Array | Float64Array): number {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i] * vector[i];
  return Math.sqrt(squares);
}
