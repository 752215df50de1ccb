/** Gaussian noise scaled to the ball's surface, repeated. */
import { defineAttack, z } from 'proofhouse/plugin';
import { fillBall } from '../fill-ball.ts';
import { firstOf } from './tries.ts';

export default defineAttack({
  name: 'gaussian-noise',
  title: 'Repeated Gaussian noise',
  reference: 'Rauber et al. 2017, arXiv:1707.04131 (repeated, clipping-aware additive Gaussian noise)',
  description: 'Blind chance along Gaussian directions, at the distance ε in spite of the pixel box.',
  access: 'decision',
  threats: ['l2', 'l1'],
  options: z.strictObject({
    tries: z.int().positive().default(100).describe('points drawn at most'),
  }),
  *attack(example, { tries }) {
    const { image, threat, random } = example;
    return yield* firstOf(example, tries, () => {
      const point = new Float32Array(image.length);
      const delta = new Float64Array(image.length);
      for (let i = 0; i < delta.length; i++) delta[i] = random.normal();
      fillBall(image, delta, threat.epsilon, threat.norm === 'l2' ? 2 : 1, point);
      return point;
    });
  },
});
