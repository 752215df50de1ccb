/** Brendel & Bethge's attack: walks along the decision boundary towards the clean image, each step optimal in a trust region. */
import { type Asking, type AttackExample, defineAttack, z } from 'proofhouse/plugin';
import { bisectLine, startingPoint } from '../decision/starting-point.ts';
import { type Boundary, boundariesOf } from '../hyperplane.ts';
import { Nearest } from '../nearest.ts';
import { trustRegionStep } from './trust-region.ts';

/** From not quite adversarial points, steps go this much further than to the boundary. */
const OVERSHOOT = 1.1;
/** Trust-region radius relative to the L2 distance from the clean image: at first, and where the walk has converged. */
const RATES = [0.3, 1e-4];
/** In L0 values jump: the region must hold the jump of a value across the box, at first of most of them. */
const SPARSE_RATES = [2, 0.05];
/** The radius is halved after this many steps without this much relative progress. */
const PATIENCE = 5;
const PROGRESS = 1e-4;
/** Margin of a point on the boundary's far side, relative to the largest logit: less would be lost in the rounding of another session. */
const CLEARANCE = 1e-5;

/** The sparse start looks at this many of the likeliest classes, and linearises this often. */
const SPARSE_CLASSES = 9;
const SPARSE_ROUNDS = 20;

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
  const { norm } = threat;
  const [first, last] = norm === 'l0' ? SPARSE_RATES : RATES;
  const point = start.slice();
  let best = start;
  let least = threat.distance(start);
  const home = new Float64Array(length);
  const low = new Float64Array(length);
  const high = new Float64Array(length);
  let rate = first;
  let idle = 0;
  let steps = 0;
  for (; steps < most && rate > last; steps++) {
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
    for (let i = 0; i < length; i++)
      point[i] = delta[i] === home[i] ? image[i] : Math.max(0, Math.min(1, point[i] + delta[i]));
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

interface Jump {
  place: number;
  value: 0 | 1;
  gain: number;
}

/** The fewest values to set to 0 or 1 for the linearised margin to grow by more than `needed`; of all that help where all are too few. */
function jumpsAcross(point: Float32Array, gradient: Float32Array, needed: number): Jump[] {
  const jumps: Jump[] = [];
  for (let place = 0; place < point.length; place++) {
    const value = gradient[place] > 0 ? 1 : 0;
    const gain = gradient[place] * (value - point[place]);
    if (gain > 0) jumps.push({ place, value, gain });
  }
  jumps.sort((a, b) => b.gain - a.gain || a.place - b.place);
  let sum = 0;
  const enough = jumps.findIndex(({ gain }) => (sum += gain) > needed);
  return enough < 0 ? jumps : jumps.slice(0, enough + 1);
}

/**
 * The same for L0: sets the values that close the linearised margin fastest to 0 or 1, towards the class that needs fewest. On planes that is the
 * optimum. Undefined where no class is in reach.
 */
function* sparselyClimbed(example: AttackExample): Asking<Float32Array | undefined> {
  const { image, goal, gradientsOf } = example;
  const several = goal.kind === 'leave' && goal.classes.length > 1;
  const boundaries: Boundary[] = several ? [{ loss: 'margin', goal }] : boundariesOf(example, SPARSE_CLASSES);
  const point = image.slice();
  for (let round = 0; round < SPARSE_ROUNDS; round++) {
    const { gradients, losses, achieved } = yield* gradientsOf(point, boundaries);
    if (achieved) return point;
    let fewest: Jump[] = [];
    for (let k = 0; k < boundaries.length; k++) {
      const jumps = jumpsAcross(point, gradients[k], -losses[k]);
      if (fewest.length === 0 || (jumps.length > 0 && jumps.length < fewest.length)) fewest = jumps;
    }
    if (fewest.length === 0) return undefined;
    for (const { place, value } of fewest) point[place] = value;
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
  threats: ['linf', 'l2', 'l1', 'l0'],
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
    for (const startOf of [startingPoint, example.threat.norm === 'l0' ? sparselyClimbed : climbed]) {
      const start = yield* startOf(example);
      if (start === undefined) continue;
      const walked = yield* walk(example, start, left);
      nearest.offer(walked.point, true);
      left -= walked.steps;
    }
    return nearest.answer();
  },
});
