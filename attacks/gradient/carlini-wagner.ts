/** Carlini & Wagner in L2: Adam on distance² + c·(hinge of the margin), with a binary search for c. */
import { type Asking, type AttackExample, defineAttack, z } from 'proofhouse/plugin';
import { Nearest } from '../nearest.ts';

/** Keeps the logarithm of the change of variables finite at the ends of the box. */
const SHRINK = 0.999999;
/** The learning rate falls to this share of its first value. */
const LAST_RATE = 0.01;
const NO_UPPER_BOUND = 1e10;

interface Options {
  steps: number;
  'search-steps': number;
  'learning-rate': number;
  'first-constant': number;
  confidence: number;
}

/** One minimisation from the clean image for one c. Returns whether any point was adversarial by the margin asked for. */
function* minimise(
  { image, gradientOf }: AttackExample,
  constant: number,
  { steps, 'learning-rate': rate, confidence }: Options,
  nearest: Nearest,
): Asking<boolean> {
  const { length } = image;
  // x = (tanh(w) + 1) / 2 stays in the box whatever w is.
  const w = new Float64Array(length);
  for (let i = 0; i < length; i++) w[i] = Math.atanh((2 * image[i] - 1) * SHRINK);
  const mean = new Float64Array(length);
  const variance = new Float64Array(length);
  const slope = new Float64Array(length);
  const point = new Float32Array(length);
  let succeeded = false;
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < length; i++) {
      const tanh = Math.tanh(w[i]);
      point[i] = (tanh + 1) / 2;
      slope[i] = (1 - tanh * tanh) / 2;
    }
    const { gradient, loss: margin, achieved } = yield* gradientOf(point, 'margin');
    if (achieved && margin >= confidence) {
      succeeded = true;
      nearest.offer(point, true);
      if (nearest.enough) return true;
    }
    const fallen = rate * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + Math.cos((Math.PI * step) / steps)));
    const pull = margin < confidence || !achieved ? constant : 0;
    const correctMean = 1 - 0.9 ** (step + 1);
    const correctVariance = 1 - 0.999 ** (step + 1);
    for (let i = 0; i < length; i++) {
      const delta = point[i] - image[i];
      const g = (2 * delta - pull * gradient[i]) * slope[i];
      mean[i] = 0.9 * mean[i] + 0.1 * g;
      variance[i] = 0.999 * variance[i] + 0.001 * g * g;
      w[i] -= (fallen * (mean[i] / correctMean)) / (Math.sqrt(variance[i] / correctVariance) + 1e-8);
    }
  }
  return succeeded;
}

export default defineAttack({
  name: 'carlini-wagner',
  title: 'Carlini & Wagner',
  reference: 'Carlini & Wagner 2017, arXiv:1608.04644',
  description:
    'Minimal-norm in L2, thorough and dear: thousands of gradients an example. DDN and FMN come as near for a tenth of that.',
  access: 'gradient',
  threats: ['l2'],
  budget: 'minimal-norm',
  options: z.strictObject({
    steps: z.int().positive().default(1000).describe('gradient steps for each constant'),
    'search-steps': z.int().positive().default(9).describe('constants tried in the binary search'),
    'learning-rate': z.number().positive().default(0.01).describe('learning rate of Adam'),
    'first-constant': z.number().positive().default(0.001).describe('first weight of the margin against the distance'),
    confidence: z.number().nonnegative().default(0).describe('margin of logits that a success must have'),
  }),
  // Variable and optimiser start afresh for each constant, as in the authors' code. Two differences from it: the learning rate falls along
  // a cosine, for at a fixed one the points hop across the boundary and stay up to a tenth too far; and no constant is given up early,
  // for the authors' test looks at two values of an oscillating objective and ends most searches after a fifth of their steps.
  *attack(example, options) {
    const nearest = new Nearest(example);
    let low = 0;
    let high = NO_UPPER_BOUND;
    let constant = options['first-constant'];
    for (let search = 0; search < options['search-steps'] && !nearest.enough; search++) {
      const succeeded: boolean = yield* minimise(example, constant, options, nearest);
      if (succeeded) high = Math.min(high, constant);
      else low = Math.max(low, constant);
      constant = high < NO_UPPER_BOUND ? (low + high) / 2 : constant * 10;
    }
    return nearest.answer();
  },
});
