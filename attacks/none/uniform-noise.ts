/** Uniform noise in the ball, repeated. */
import { defineAttack, z } from 'proofhouse/plugin';
import { fillBall } from '../fill-ball.ts';
import { firstOf } from './tries.ts';

/** L∞: uniform in the ball. L2 and L1: uniform in a cube and scaled, so that the point is at the distance ε in spite of the pixel box. */
export default defineAttack({
  name: 'uniform-noise',
  title: 'Repeated uniform noise',
  reference: 'Rauber et al. 2017, arXiv:1707.04131 (repeated additive uniform noise)',
  description: 'Blind chance: no attack that is worth its name finds less.',
  access: 'decision',
  threats: ['linf', 'l2', 'l1'],
  options: z.strictObject({
    tries: z.int().positive().default(100).describe('points drawn at most'),
  }),
  *attack(example, { tries }) {
    const { image, threat, random } = example;
    return yield* firstOf(example, tries, () => {
      if (threat.norm === 'linf') return threat.randomPoint(random);
      const point = new Float32Array(image.length);
      const delta = new Float64Array(image.length);
      for (let i = 0; i < delta.length; i++) delta[i] = random.uniform(-1, 1);
      fillBall(image, delta, threat.epsilon, threat.norm === 'l2' ? 2 : 1, point);
      return point;
    });
  },
});
