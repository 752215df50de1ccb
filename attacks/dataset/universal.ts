/** One perturbation for all images: projected gradient ascent of the mean loss over mini-batches of one half of the data. */
import { defineAttack, type Threat, z } from 'proofhouse/plugin';
import { accumulated } from '../gradient/direction.ts';
import { stochasticAscent } from './stochastic-ascent.ts';

/** The nearest perturbation of the ball around none, whatever the images. */
function projectAround({ norm, epsilon }: Threat, delta: Float32Array): void {
  if (norm === 'linf') {
    for (let i = 0; i < delta.length; i++) delta[i] = Math.max(-epsilon, Math.min(epsilon, delta[i]));
    return;
  }
  const length = Math.sqrt(delta.reduce((sum, value) => sum + value * value, 0));
  if (length > epsilon) for (let i = 0; i < delta.length; i++) delta[i] *= epsilon / length;
}

/** One steepest-ascent step of length `step` from `delta`, in place. */
function ascend(threat: Threat, delta: Float32Array, direction: Float32Array, step: number): void {
  if (threat.norm === 'linf') for (let i = 0; i < delta.length; i++) delta[i] += step * Math.sign(direction[i]);
  else {
    const length = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) for (let i = 0; i < delta.length; i++) delta[i] += (step / length) * direction[i];
  }
  projectAround(threat, delta);
}

const moved = (image: Float32Array, delta: Float32Array) =>
  image.map((value, i) => Math.max(0, Math.min(1, value + delta[i])));

export default defineAttack({
  name: 'universal',
  title: 'Universal perturbation',
  reference:
    'Shafahi et al. 2020, arXiv:1811.11304 (stochastic gradient); Moosavi-Dezfooli et al. 2017, arXiv:1610.08401',
  description:
    'One perturbation added to every image, made on one half of the images and judged on the other, both ways. Weaker than an attack on each image; what it breaks, anyone can break without the model at hand.',
  access: 'gradient',
  threats: ['linf', 'l2'],
  options: z.strictObject({
    steps: z.int().positive().default(200).describe('gradient steps'),
    batch: z.int().positive().default(64).describe('images of one step'),
    'relative-step': z
      .number()
      .positive()
      .default(0.25)
      .describe('length of the first step as a fraction of ε; the last is near 0'),
    loss: z.enum(['cross-entropy', 'margin', 'dlr']).default('margin').describe('loss whose mean is maximised'),
  }),
  *fit(context, { steps, batch, 'relative-step': relativeStep, loss }) {
    const { examples, gradientsOf, threatAround } = context;
    const { length } = examples[0].image;
    const threat = threatAround(examples[0].image);
    const delta = new Float32Array(length);
    const direction = accumulated(length, 0.9);
    yield* stochasticAscent(context, {
      steps,
      batch,
      *gradientOver(some) {
        const points = some.map(({ image, goal }) => ({ point: moved(image, delta), goal }));
        const mean = new Float32Array(length);
        for (const [k, { gradient }] of (yield* gradientsOf(points, loss)).entries()) {
          const { image } = some[k];
          // Where the box cuts the perturbation off, going further changes nothing.
          for (let i = 0; i < length; i++) {
            const at = image[i] + delta[i];
            if (at > 0 ? at < 1 || gradient[i] < 0 : gradient[i] > 0) mean[i] += gradient[i] / some.length;
          }
        }
        return mean;
      },
      move: (gradient, share) => ascend(threat, delta, direction(gradient), share * relativeStep * threat.epsilon),
    });
    return delta;
  },
  *attack({ image, threat, fitted }) {
    const point = moved(image, fitted as Float32Array);
    threat.project(point);
    return point;
  },
});
