/** Brendel & Bethge's attack: walks along the decision boundary towards the clean image, each step optimal in a trust region. */
import { type Asking, type AttackExample, defineAttack, z } from 'proofhouse/plugin';
import { bisectLine, startingPoint } from '../decision/starting-point.ts';
import { Nearest } from '../nearest.ts';
import { trustRegionStep } from './trust-region.ts';

/** From not quite adversarial points, steps go this much further than to the boundary. */
const OVERSHOOT = 1.1;
/** Trust-region radius relative to the L2 distance from the clean image: at first, and where the walk has converged. */
const FIRST_RATE = 0.3;
const LAST_RATE = 1e-4;
/** The radius is halved after this many steps without this much relative progress. */
const PATIENCE = 5;
const PROGRESS = 1e-4;
/** Margin of a point on the boundary's far side, relative to the largest logit: less would be lost in the rounding of another session. */
const CLEARANCE = 1e-5;

/**
 * The paper's radius is absolute, and halved at fixed steps: from a distant start that walk ends before it arrives. Relative to the distance, and
 * halved when it no longer helps, it needs no tuning by data set or norm.
 */
function* walk(
  { image, threat, gradientOf }: AttackExample,
  start: Float32Array,
  most: number,
): Asking<{ point: Float32Array; steps: number }> {
  const { length } = image;
  const norm = threat.norm as 'linf' | 'l2' | 'l1';
  const point = start.slice();
  let best = start;
  let least = threat.distance(start);
  const home = new Float64Array(length);
  const low = new Float64Array(length);
  const high = new Float64Array(length);
  let rate = FIRST_RATE;
  let idle = 0;
  let steps = 0;
  for (; steps < most && rate > LAST_RATE; steps++) {
    const { gradient, loss, scores } = yield* gradientOf(point, 'margin');
    const clearance = CLEARANCE * scores.reduce((largest, score) => Math.max(largest, Math.abs(score)), 0);
    const achieved = loss > clearance;
    const excess = loss - 2 * clearance;
    const distance = threat.distance(point);
    idle = achieved && distance < least * (1 - PROGRESS) ? 0 : idle + 1;
    if (idle === PATIENCE) {
      rate /= 2;
      idle = 0;
    }
    if (achieved && distance < least) {
      best = point.slice();
      least = distance;
    }
    let steepness = 0;
    let squares = 0;
    for (let i = 0; i < length; i++) {
      home[i] = image[i] - point[i];
      low[i] = -point[i];
      high[i] = 1 - point[i];
      steepness += gradient[i] * gradient[i];
      squares += home[i] * home[i];
    }
    // Flat ground tells no direction: back to where there was one.
    if (!(steepness > 0)) {
      if (distance === least) break;
      point.set(best);
      continue;
    }
    const delta = trustRegionStep({
      norm,
      home,
      slope: new Float64Array(gradient),
      low,
      high,
      change: achieved ? -excess : -OVERSHOOT * excess,
      radius: rate * Math.sqrt(squares),
    });
    for (let i = 0; i < length; i++) point[i] = Math.max(0, Math.min(1, point[i] + delta[i]));
  }
  return { point: best, steps };
}

/**
 * A start nearer than random ones: along the gradient of the margin, in steps that double, until the goal is achieved. Undefined where
 * gradients vanish, and where the corners of the box are reached in vain.
 */
function* climbed(example: AttackExample): Asking<Float32Array | undefined> {
  const { image, gradientOf } = example;
  const point = image.slice();
  for (let doubling = -12; doubling <= 0; doubling++) {
    const { gradient, achieved } = yield* gradientOf(point, 'margin');
    if (achieved) return yield* bisectLine(example, point, 1e-3);
    const steepness = Math.sqrt(gradient.reduce((sum, slope) => sum + slope * slope, 0));
    if (!(steepness > 0)) return undefined;
    const step = (2 ** doubling * Math.sqrt(image.length)) / steepness;
    for (let i = 0; i < point.length; i++) point[i] = Math.max(0, Math.min(1, point[i] + step * gradient[i]));
  }
  return undefined;
}

export default defineAttack({
  name: 'brendel-bethge',
  title: 'Brendel–Bethge attack',
  reference: 'Brendel et al. 2019, arXiv:1907.01003',
  description:
    'Starts from a random adversarial image and from one that the gradient finds instead of the clean one, so it is not fooled by gradients that vanish there.',
  access: 'gradient',
  threats: ['linf', 'l2', 'l1'],
  budget: 'minimal-norm',
  options: z.strictObject({
    steps: z
      .int()
      .positive()
      .default(500)
      .describe('gradient steps along the boundary, of both walks together; each ends where it has converged'),
  }),
  *attack(example, { steps }) {
    const nearest = new Nearest(example);
    let left = steps;
    // Where a walk ends is a local minimum; on real networks that of a random start is often a distant one.
    for (const startOf of [startingPoint, climbed]) {
      const start = yield* startOf(example);
      if (start === undefined) continue;
      const walked = yield* walk(example, start, left);
      nearest.offer(walked.point, true);
      left -= walked.steps;
    }
    return nearest.answer();
  },
});
