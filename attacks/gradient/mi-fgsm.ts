/**
 * Momentum iterative FGSM with the family of changes that make its points transfer to other models: Nesterov look-ahead, input
 * diversity, translation invariance, scale invariance, variance tuning. Each is an option and all combine.
 */
import {
  type Asking,
  type AttackExample,
  BestIterate,
  defineAttack,
  type ImageShape,
  type Random,
  z,
} from 'proofhouse/plugin';
import { accumulated } from './direction.ts';
import { randomWarp } from './input-diversity.ts';

const options = z.strictObject({
  steps: z.int().positive().default(10).describe('gradient steps; each of length ε/steps'),
  decay: z.number().nonnegative().default(1).describe('share of the accumulated direction that a step keeps (μ)'),
  loss: z.enum(['cross-entropy', 'margin', 'dlr']).default('cross-entropy').describe('loss that is maximised'),
  nesterov: z.boolean().default(false).describe('take the gradient where the accumulated direction leads (NI)'),
  'diversity-probability': z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('chance that a gradient is taken of the image shrunk to 90-100 % and padded (DI; paper: 0.5)'),
  'translation-kernel': z
    .int()
    .positive()
    .refine((size) => size % 2 === 1, 'an odd number')
    .default(1)
    .describe('side of the Gaussian that smooths gradients (TI; 7 for small images, paper: 15); 1: none'),
  'scale-copies': z
    .int()
    .positive()
    .default(1)
    .describe('gradients averaged over the image divided by 1, 2, 4, … (SI; paper: 5)'),
  'variance-samples': z
    .int()
    .nonnegative()
    .default(0)
    .describe('gradients at random neighbours whose mean difference tunes the next step (VT; paper: 20)'),
  'variance-radius': z.number().positive().default(1.5).describe('how far those neighbours are, as a multiple of ε'),
});
type Options = z.infer<typeof options>;

/** Separable Gaussian filter of each channel, in place, zero outside; the kernel reaches three standard deviations. */
function smooth(gradient: Float32Array, { height, width }: ImageShape, side: number): void {
  const reach = (side - 1) / 2;
  const weights = Float64Array.from({ length: side }, (_, i) => Math.exp(-0.5 * ((3 * (i - reach)) / reach) ** 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const across = new Float64Array(gradient.length);
  const filter = (from: ArrayLike<number>, to: Float32Array | Float64Array, stride: number, count: number) => {
    for (let i = 0; i < from.length; i++) {
      const at = Math.floor(i / stride) % count;
      let sum = 0;
      for (let k = Math.max(-reach, -at); k <= Math.min(reach, count - 1 - at); k++) {
        sum += weights[k + reach] * from[i + k * stride];
      }
      to[i] = sum / total;
    }
  };
  filter(gradient, across, 1, width);
  filter(across, gradient, width, height);
}

/** Adds `other` to `sum`. */
function add(sum: Float32Array, other: Float32Array, factor: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] += factor * other[i];
}

/** The gradient at a point through diversity and scale copies. */
function* transformedGradient(
  { shape, gradientOf }: AttackExample,
  point: Float32Array,
  given: Options,
  random: Random,
): Asking<{ gradient: Float32Array; loss: number; achieved: boolean }> {
  const sum = new Float32Array(point.length);
  let loss = 0;
  let achieved = false;
  for (let copy = 0; copy < given['scale-copies']; copy++) {
    const scale = 0.5 ** copy;
    const diverse = given['diversity-probability'] > 0 && random.uniform() < given['diversity-probability'];
    const warp = diverse ? randomWarp(shape, 0.9, random) : undefined;
    const scaled = copy === 0 ? point : point.map((value) => scale * value);
    const answer = yield* gradientOf(warp?.apply(scaled) ?? scaled, given.loss);
    add(sum, warp?.transpose(answer.gradient) ?? answer.gradient, scale / given['scale-copies']);
    loss += answer.loss / given['scale-copies'];
    // Only of the very point that was asked for.
    if (copy === 0 && warp === undefined) achieved = answer.achieved;
  }
  return { gradient: sum, loss, achieved };
}

/** Mean gradient over random neighbours less the gradient here. Neighbours may lie outside the pixel box, as in the paper. */
function* variance(
  example: AttackExample,
  point: Float32Array,
  gradient: Float32Array,
  given: Options,
  random: Random,
): Asking<Float32Array> {
  const samples = given['variance-samples'];
  const radius = given['variance-radius'] * example.threat.epsilon;
  const neighbours = random.fork('neighbours');
  const result = new Float32Array(point.length);
  const neighbour = new Float32Array(point.length);
  for (let sample = 0; sample < samples; sample++) {
    for (let i = 0; i < point.length; i++) neighbour[i] = point[i] + neighbours.uniform(-radius, radius);
    const there = yield* transformedGradient(example, neighbour, given, random);
    add(result, there.gradient, 1 / samples);
  }
  add(result, gradient, -1);
  return result;
}

export default defineAttack({
  name: 'mi-fgsm',
  title: 'Momentum iterative FGSM',
  reference:
    'Dong et al. 2018, arXiv:1710.06081; NI, SI: Lin et al. 2020, arXiv:1908.06281; DI: Xie et al. 2019, arXiv:1803.06978; ' +
    'TI: Dong et al. 2019, arXiv:1904.02884; VT: Wang & He 2021, arXiv:2103.15571',
  description:
    'Few long steps with momentum: for points made on one model to fool another. Against the model itself apgd is stronger.',
  access: 'gradient',
  threats: ['linf', 'l2'],
  options,
  *attack(example, given) {
    const { image, shape, threat, stop, scoresOf } = example;
    const step = threat.epsilon / given.steps;
    const direction = accumulated(image.length, given.decay);
    const best = new BestIterate(image);
    const point = image.slice();
    const ahead = image.slice();
    let velocity: Float32Array = new Float32Array(image.length);
    let tuning = velocity;
    for (let i = 0; i < given.steps; i++) {
      const random = example.random.fork(`step ${i}`);
      ahead.set(point);
      if (given.nesterov) add(ahead, velocity, step * given.decay);
      const { gradient, loss, achieved } = yield* transformedGradient(example, ahead, given, random);
      if (!given.nesterov) best.offer(point, achieved, loss);
      if (best.achieved && stop === 'success') return best.point;
      const tuned = gradient.slice();
      add(tuned, tuning, 1);
      if (given['variance-samples'] > 0) tuning = yield* variance(example, point, gradient, given, random);
      if (given['translation-kernel'] > 1) smooth(tuned, shape, given['translation-kernel']);
      velocity = direction(tuned);
      threat.ascend(point, velocity, step);
    }
    const { achieved } = yield* scoresOf(point);
    best.offer(point, achieved, Number.POSITIVE_INFINITY);
    return best.point;
  },
});
