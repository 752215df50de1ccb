/** One square patch for all images, wherever it is stuck: ascent of the mean loss over images of one half of the data and random places. */
import { defineAttack, InputError, z } from 'proofhouse/plugin';
import { accumulated } from '../gradient/direction.ts';
import { addPatchGradient, placed, randomPlacement } from './placement.ts';
import { stochasticAscent } from './stochastic-ascent.ts';

/** Of the range of pixel values; steps of 0.02 and of 1 were weaker on CIFAR-10. */
const FIRST_STEP = 0.25;

export default defineAttack({
  name: 'patch',
  title: 'Adversarial patch',
  reference: 'Brown et al. 2017, arXiv:1712.09665',
  description:
    'One square that is stuck onto every image at a random place, made on one half of the images and judged on the other, both ways. ε is the share of the image it covers.',
  access: 'gradient',
  threats: [],
  families: ['patch'],
  options: z.strictObject({
    steps: z.int().positive().default(500).describe('gradient steps'),
    batch: z.int().positive().default(32).describe('images of one step, each with a place of its own'),
    loss: z.enum(['cross-entropy', 'margin', 'dlr']).default('margin').describe('loss whose mean is maximised'),
    rotation: z
      .number()
      .min(0)
      .max(180)
      .default(0)
      .describe('degrees by which the patch is turned at most, at random; its corners are cut off (paper: 22.5)'),
    scale: z
      .number()
      .positive()
      .max(1)
      .default(1)
      .describe('smallest size that it is shrunk to, at random, as a share of its side (paper: 0.1)'),
  }),
  *fit(context, { steps, batch, loss, ...freedom }) {
    const { examples, shape, gradientsOf, threatAround } = context;
    const { side = 0, epsilon } = threatAround(examples[0].image);
    if (side === 0)
      throw new InputError(
        `patch: ε = ${epsilon} of an image of ${shape.height} by ${shape.width} is less than one pixel.`,
        `Use 1/${shape.height * shape.width} or more.`,
      );
    const patch = new Float32Array(shape.channels * side * side).fill(0.5);
    const direction = accumulated(patch.length, 0.9);
    const places = context.random.fork('places');
    yield* stochasticAscent(context, {
      steps,
      batch,
      *gradientOver(some) {
        const placements = some.map(() => randomPlacement(side, shape, freedom, places));
        const points = some.map(({ image, goal }, k) => ({
          point: placed(image, patch, side, shape, placements[k]),
          goal,
        }));
        const sum = new Float32Array(patch.length);
        for (const [k, { gradient }] of (yield* gradientsOf(points, loss)).entries())
          addPatchGradient(sum, gradient, side, shape, placements[k]);
        return sum;
      },
      move(gradient, share) {
        const along = direction(gradient);
        const step = share * FIRST_STEP;
        for (let i = 0; i < patch.length; i++)
          patch[i] = Math.max(0, Math.min(1, patch[i] + step * Math.sign(along[i])));
      },
    });
    return patch;
  },
  *attack({ image, shape, threat, random, fitted }, { rotation, scale }) {
    const { side = 0 } = threat;
    return placed(
      image,
      fitted as Float32Array,
      side,
      shape,
      randomPlacement(side, shape, { rotation, scale }, random),
    );
  },
});
