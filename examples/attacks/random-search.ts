/**
 * An attack of your own, whole: it tries random points of the ball until one is misclassified. It asks for scores only,
 * so it shows what blind chance finds, the floor that any real attack must beat.
 */
import { defineAttack, z } from 'proofhouse/plugin';

export default defineAttack({
  name: 'random-search',
  title: 'Random search in the ball',
  reference: 'Baseline of Rauber et al. 2017, arXiv:1707.04131 (repeated additive uniform noise)',
  description: 'Random points of the ball, the one with the lowest score of the true class kept.',
  access: 'score',
  threats: ['linf', 'l2', 'l1'],
  options: z.strictObject({
    tries: z.int().positive().default(100).describe('random points at most'),
  }),
  *attack({ image, label, threat, random, stop, scoresOf }, { tries }) {
    let best: Float32Array = image.slice();
    let lowest = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < tries; attempt++) {
      const point = threat.randomPoint(random.fork(`try ${attempt}`));
      const { scores, achieved } = yield* scoresOf(point);
      if (achieved && stop === 'success') return point;
      const margin = scores[label] - Math.max(...scores.filter((_, index) => index !== label));
      if (margin < lowest) {
        best = point;
        lowest = margin;
      }
    }
    return best;
  },
});
