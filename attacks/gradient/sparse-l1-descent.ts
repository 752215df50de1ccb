/** Sparse L1 descent: each step moves the steepest coordinates alike, many enough to get on and few enough to stay sparse. */
import { BestIterate, defineAttack, z } from 'proofhouse/plugin';

/** Equal steps of total length `step` on the coordinates at or above the quantile of those that the box lets move; in place. */
function sparseStep(point: Float32Array, gradient: Float32Array, step: number, quantile: number): void {
  const { length } = point;
  const usable = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const slope = gradient[i];
    usable[i] = (slope > 0 && point[i] < 1) || (slope < 0 && point[i] > 0) ? Math.abs(slope) : 0;
  }
  const least = usable.toSorted()[Math.min(length - 1, Math.floor(quantile * length))];
  let moving = 0;
  for (let i = 0; i < length; i++) moving += +(usable[i] > 0 && usable[i] >= least);
  for (let i = 0; i < length; i++) {
    if (usable[i] > 0 && usable[i] >= least) point[i] += (Math.sign(gradient[i]) * step) / moving;
  }
}

export default defineAttack({
  name: 'sparse-l1-descent',
  title: 'Sparse L1 descent',
  reference: 'Tramèr & Boneh 2019, arXiv:1904.13000',
  description: 'PGD for L1 with a chosen sparsity. apgd finds that sparsity by itself and is usually stronger.',
  access: 'gradient',
  threats: ['l1'],
  options: z.strictObject({
    steps: z.int().positive().default(100).describe('gradient steps per restart'),
    'relative-step': z.number().positive().default(0.1).describe('step length as a fraction of ε'),
    restarts: z.int().positive().default(5).describe('runs; the first starts at the clean image, the others at random'),
    quantile: z
      .number()
      .min(0)
      .lt(1)
      .default(0.99)
      .describe('share of coordinates, those with the smallest slopes, that a step leaves alone'),
    loss: z.enum(['cross-entropy', 'margin', 'dlr']).default('cross-entropy').describe('loss that is maximised'),
  }),
  *attack({ image, threat, random, stop, gradientOf, scoresOf }, options) {
    const step = options['relative-step'] * threat.epsilon;
    const best = new BestIterate(image);
    for (let restart = 0; restart < options.restarts; restart++) {
      const point = restart === 0 ? image.slice() : threat.randomPoint(random);
      for (let i = 0; i < options.steps; i++) {
        const { gradient, achieved, loss } = yield* gradientOf(point, options.loss);
        best.offer(point, achieved, loss);
        if (achieved && stop === 'success') return best.point;
        sparseStep(point, gradient, step, options.quantile);
        threat.project(point);
      }
      const { achieved } = yield* scoresOf(point);
      if (achieved) best.offer(point, achieved, Number.POSITIVE_INFINITY);
      if (achieved && stop === 'success') return best.point;
    }
    return best.point;
  },
});
