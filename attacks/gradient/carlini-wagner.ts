/** Carlini & Wagner: Adam on a distance + c·(hinge of the margin). L2: a binary search for c. L∞: a bound that shrinks. */
import { type Asking, type AttackExample, defineAttack, z } from 'proofhouse/plugin';
import { Nearest } from '../nearest.ts';
import { searchConstant } from './constant-search.ts';
import { sharpen } from './sharpen.ts';

/** Keeps the logarithm of the change of variables finite at the ends of the box. */
const SHRINK = 0.999999;
/** The learning rate falls to this share of its first value. */
const LAST_RATE = 0.01;
/** L∞: the next bound as a share of what was reached, and how a constant grows that did not reach its bound. */
const NEXT_BOUND = 0.9;
const GROWTH = 3;

interface Options {
  steps: number;
  'search-steps': number;
  'learning-rate': number;
  'first-constant': number;
  confidence: number;
}

/** What is minimised beside c·hinge. */
interface Penalty {
  /** Its derivative by one coordinate's change. */
  slope: (delta: number) => number;
  /** Whether a success at this distance ends the minimisation. */
  satisfied: (distance: number) => boolean;
}

/**
 * One minimisation for one c, starting at `from`. Returns the first point that satisfies, or else the last, and whether any of the second half of
 * the steps succeeded: on its way Adam overshoots minima that are not adversarial themselves.
 */
function* minimise(
  { image, threat, gradientOf }: AttackExample,
  from: Float32Array,
  constant: number,
  { slope: penaltySlope, satisfied }: Penalty,
  { steps, 'learning-rate': rate, confidence }: Options,
  nearest: Nearest,
): Asking<{ point: Float32Array; succeeded: boolean; ended: boolean }> {
  const { length } = image;
  // x = (tanh(w) + 1) / 2 stays in the box whatever w is.
  const w = new Float64Array(length);
  for (let i = 0; i < length; i++) w[i] = Math.atanh((2 * from[i] - 1) * SHRINK);
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
      succeeded ||= step >= Math.floor(steps / 2);
      nearest.offer(point, true);
      if (nearest.enough || satisfied(threat.distance(point))) return { point, succeeded: true, ended: true };
    }
    const fallen = rate * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + Math.cos((Math.PI * step) / steps)));
    const pull = margin < confidence || !achieved ? constant : 0;
    const correctMean = 1 - 0.9 ** (step + 1);
    const correctVariance = 1 - 0.999 ** (step + 1);
    for (let i = 0; i < length; i++) {
      const g = (penaltySlope(point[i] - image[i]) - pull * gradient[i]) * slope[i];
      mean[i] = 0.9 * mean[i] + 0.1 * g;
      variance[i] = 0.999 * variance[i] + 0.001 * g * g;
      w[i] -= (fallen * (mean[i] / correctMean)) / (Math.sqrt(variance[i] / correctVariance) + 1e-8);
    }
  }
  return { point, succeeded, ended: false };
}

/** Variable and optimiser start afresh for each constant, as in the authors' code. */
function* euclidean(example: AttackExample, options: Options, nearest: Nearest): Asking<void> {
  const squared: Penalty = { slope: (delta) => 2 * delta, satisfied: () => false };
  const search = { first: options['first-constant'], tries: options['search-steps'] };
  yield* searchConstant(search, nearest, function* (constant) {
    return (yield* minimise(example, example.image, constant, squared, options, nearest)).succeeded;
  });
}

/**
 * Only what exceeds a bound is penalised, for the gradient of the largest change alone would move one coordinate at a time (§V.C of the paper). The
 * bound shrinks with each success, from which the next search goes on; where it fails, the margin weighs more.
 */
function* supremum(example: AttackExample, options: Options, nearest: Nearest): Asking<void> {
  let from = example.image;
  let bound = 1;
  let constant = options['first-constant'];
  for (let failed = 0; failed < options['search-steps'] && !nearest.enough; ) {
    const limit = bound;
    const excess: Penalty = {
      slope: (delta) => (Math.abs(delta) > limit ? Math.sign(delta) : 0),
      satisfied: (distance) => distance <= limit,
    };
    const { point, ended } = yield* minimise(example, from, constant, excess, options, nearest);
    if (ended) {
      from = point;
      bound = NEXT_BOUND * Math.min(bound, example.threat.distance(point));
    } else {
      failed++;
      constant *= GROWTH;
    }
  }
  // Sharper points would lose the margin that was asked for.
  if (options.confidence === 0 && !nearest.enough) yield* sharpen(example, nearest);
}

export default defineAttack({
  name: 'carlini-wagner',
  title: 'Carlini & Wagner',
  reference: 'Carlini & Wagner 2017, arXiv:1608.04644',
  description:
    'Minimal-norm, thorough and dear: thousands of gradients an example. DDN and FMN come as near for a tenth of that.',
  access: 'gradient',
  threats: ['l2', 'linf'],
  budget: 'minimal-norm',
  options: z.strictObject({
    steps: z.int().positive().default(1000).describe('gradient steps for each constant; in L∞ the most'),
    'search-steps': z
      .int()
      .positive()
      .default(9)
      .describe('constants tried: L2 by binary search, L∞ each three times the last'),
    'learning-rate': z.number().positive().default(0.01).describe('learning rate of Adam'),
    'first-constant': z.number().positive().default(0.001).describe('first weight of the margin against the distance'),
    confidence: z.number().nonnegative().default(0).describe('margin of logits that a success must have'),
  }),
  // Three differences from the authors' code: the learning rate falls along a cosine, for at a fixed one the points hop across the boundary and
  // stay up to a tenth too far; no constant is given up early, for the authors' test looks at two values of an oscillating objective and ends
  // most searches after a fifth of their steps; and a constant that only Adam's overshoot carried across counts as failed, else the search halves
  // constants that are too small already.
  *attack(example, options) {
    const nearest = new Nearest(example);
    yield* (example.threat.norm === 'linf' ? supremum : euclidean)(example, options, nearest);
    return nearest.answer();
  },
});
