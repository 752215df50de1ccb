/**
 * Auto-PGD: projected gradient ascent whose step length follows the loss it sees, so that nothing has to be tuned.
 * L∞ and L2: momentum, steps halved when progress stalls. L1: sparse steps, as many coordinates as the best point so far has moved.
 */
import {
  type Asking,
  type AttackExample,
  BestIterate,
  defineAttack,
  type Goal,
  type Norm,
  type Random,
  stepOn,
  type Threat,
  z,
} from 'proofhouse/plugin';

/** Balls that one ascent goes through: radius as a multiple of ε, share of the iterations. L1 starts in larger ones (Croce & Hein 2021, §4.3). */
const phasesOf = (norm: Norm): readonly (readonly [number, number])[] =>
  norm === 'l1'
    ? [
        [3, 0.3],
        [2, 0.3],
        [1, 0.4],
      ]
    : [[1, 1]];

/** How an ascent moves, and how it reacts to the losses that it meets. */
interface Walk {
  /** One step from `point`, in place. */
  advance(point: Float32Array, gradient: Float32Array): void;
  /** Told the loss after each step and the best so far; true: go on from the best point. */
  review(loss: number, best: { point: Float32Array; loss: number }): boolean;
}

/** Share of the last movement that goes into the next step. */
const MOMENTUM = 0.25;
/** Fewer rises of the loss than this share of a window halve the step. */
const RISES = 0.75;

// Nothing is asked between filling and using it: one serves every example of a thread, and stays in its cache.
let ahead = new Float32Array(0);

function momentumWalk(ball: Threat, start: Float32Array, iterations: number): Walk {
  const previous = start.slice();
  let step = 2 * ball.epsilon;
  let momentum = 0;
  let window = Math.max(Math.floor(0.22 * iterations), 1);
  let steps = 0;
  let rises = 0;
  // As in the authors' code, the first loss is compared with 0, and the first check never calls the best loss unchanged.
  let lastLoss = 0;
  let lastBest = Number.NEGATIVE_INFINITY;
  let halved = true;
  return {
    advance(point, gradient) {
      if (ahead.length !== point.length) ahead = new Float32Array(point.length);
      ahead.set(point);
      ball.ascend(ahead, gradient, step);
      stepOn(point, ahead, previous, momentum);
      ball.project(point);
      momentum = MOMENTUM;
    },
    review(loss, best) {
      rises += +(loss > lastLoss);
      lastLoss = loss;
      if (++steps < window) return false;
      halved = rises <= RISES * window || (!halved && best.loss <= lastBest);
      lastBest = best.loss;
      window = Math.max(
        window - Math.max(Math.floor(0.03 * iterations), 1),
        Math.max(Math.floor(0.06 * iterations), 1),
      );
      steps = 0;
      rises = 0;
      if (halved) step /= 2;
      return halved;
    },
  };
}

function sparseWalk(ball: Threat, image: Float32Array, moved: number | undefined, iterations: number): Walk {
  const { length } = image;
  const { epsilon } = ball;
  const window = Math.max(Math.floor(0.04 * iterations), 1);
  const magnitudes = new Float32Array(length);
  let share = moved === undefined ? 0.2 : moved / (1.5 * length);
  let support = moved ?? length;
  let step = epsilon;
  let steps = 0;
  return {
    advance(point, gradient) {
      for (let i = 0; i < length; i++) magnitudes[i] = Math.abs(gradient[i]);
      const least = magnitudes.toSorted()[Math.min(length - 1, Math.floor((1 - share) * length))];
      let moving = 0;
      for (let i = 0; i < length; i++) moving += +(magnitudes[i] >= least && magnitudes[i] > 0);
      if (moving === 0) return;
      for (let i = 0; i < length; i++) {
        if (magnitudes[i] >= least) point[i] += (Math.sign(gradient[i]) * step) / moving;
      }
      ball.project(point);
    },
    review(_loss, best) {
      if (++steps < window) return false;
      steps = 0;
      const now = changed(image, best.point);
      const sparser = now < 0.95 * support;
      support = now;
      share = now / (1.5 * length);
      step = sparser ? epsilon : Math.max(step / 1.5, epsilon / 10);
      return sparser;
    },
  };
}

function changed(image: Float32Array, point: Float32Array): number {
  let count = 0;
  for (let i = 0; i < image.length; i++) count += +(point[i] !== image[i]);
  return count;
}

/** L∞ and L2 start inside the ball, which in many dimensions is as good as on its sphere, where the authors' code starts. */
function randomStart(threat: Threat, image: Float32Array, random: Random): Float32Array {
  if (threat.norm !== 'l1') return threat.randomPoint(random);
  const point = image.slice();
  for (let i = 0; i < point.length; i++) point[i] += random.normal();
  threat.project(point);
  return point;
}

interface Objective {
  loss: string;
  goal: Goal;
  /** Gradients averaged at each point. */
  samples: number;
}

/** Gradient and loss, averaged over the samples of a model that draws random numbers. */
function* evaluate(
  { gradientsOf }: AttackExample,
  point: Float32Array,
  { loss, goal, samples }: Objective,
): Asking<{ gradient: Float32Array; loss: number; achieved: boolean }> {
  const asked = Array.from({ length: samples }, () => ({ loss, goal }));
  const { gradients, losses, achieved } = yield* gradientsOf(point, asked);
  const [gradient] = gradients;
  for (const other of gradients.slice(1)) for (let i = 0; i < gradient.length; i++) gradient[i] += other[i];
  return { gradient, loss: losses.reduce((sum, value) => sum + value, 0) / samples, achieved };
}

/** Climbs in one ball; returns the point of largest loss. Ends early when `found` has what the caller waits for. */
function* climb(
  example: AttackExample,
  ball: Threat,
  walk: Walk,
  start: Float32Array,
  iterations: number,
  objective: Objective,
  found: BestIterate,
): Asking<Float32Array> {
  const { threat, stop } = example;
  const point = start.slice();
  const best = { point: start.slice(), gradient: start, loss: Number.NEGATIVE_INFINITY };
  for (let i = 0; i <= iterations; i++) {
    const at = yield* evaluate(example, point, objective);
    // Points of a larger ball count where they happen to be inside ε.
    if (ball === threat || (at.achieved && threat.contains(point))) found.offer(point, at.achieved, at.loss);
    if (found.achieved && stop === 'success') break;
    if (i === 0 || at.loss > best.loss) {
      best.point.set(point);
      best.gradient = at.gradient;
      best.loss = at.loss;
    }
    const back = i > 0 && walk.review(at.loss, best);
    if (back) point.set(best.point);
    walk.advance(point, back ? best.gradient : at.gradient);
  }
  return best.point;
}

/** One run from a random start through the balls of the norm. */
function* run(
  example: AttackExample,
  random: Random,
  iterations: number,
  objective: Objective,
  found: BestIterate,
): Asking<void> {
  const { image, threat, stop } = example;
  let left = iterations;
  let point: Float32Array | undefined;
  for (const [multiple, share] of phasesOf(threat.norm)) {
    const ball = multiple === 1 ? threat : threat.within(multiple * threat.epsilon);
    const own = multiple === 1 ? left : Math.floor(share * iterations);
    left -= own;
    if (own === 0) continue;
    const first = point === undefined;
    point ??= randomStart(ball, image, random);
    ball.project(point);
    const moved = first ? undefined : changed(image, point);
    const walk = threat.norm === 'l1' ? sparseWalk(ball, image, moved, own) : momentumWalk(ball, point, own);
    point = yield* climb(example, ball, walk, point, own, objective, found);
    if (found.achieved && stop === 'success') return;
  }
}

/** The example's own goal, or for `targets` > 0 each of the likeliest other classes as a target of its own. */
function goalsOf({ goal, label, cleanScores }: AttackExample, targets: number): Goal[] {
  if (targets === 0 || goal.kind === 'reach') return [goal];
  return Array.from(cleanScores.keys())
    .filter((index) => !goal.classes.includes(index))
    .toSorted((a, b) => cleanScores[b] - cleanScores[a] || a - b)
    .slice(0, targets)
    .map((target) => ({ kind: 'reach', target, from: label }));
}

export default defineAttack({
  name: 'apgd',
  title: 'Auto-PGD',
  reference: 'Croce & Hein 2020, arXiv:2003.01690; L1: Croce & Hein 2021, arXiv:2103.01208',
  description:
    'PGD that sets its own step length. The strongest single fixed-ε attack here; with the DLR loss and 9 targets it is APGD-T.',
  access: 'gradient',
  threats: ['linf', 'l2', 'l1'],
  options: z.strictObject({
    iterations: z.int().positive().default(100).describe('steps per run'),
    restarts: z.int().positive().default(5).describe('independent random starts, for each target'),
    loss: z
      .enum(['cross-entropy', 'dlr', 'margin'])
      .default('cross-entropy')
      .describe('loss that is maximised; dlr needs 3 classes, or 4 with targets'),
    targets: z
      .int()
      .nonnegative()
      .default(0)
      .describe(
        'aim at this many of the likeliest other classes in turn (AutoAttack: 9); 0: only leave the true class',
      ),
    'gradient-samples': z
      .int()
      .positive()
      .default(1)
      .describe('gradients averaged at each point, for models that draw random numbers'),
  }),
  *attack(example, { iterations, restarts, loss, targets, 'gradient-samples': samples }) {
    const found = new BestIterate(example.image);
    for (const goal of goalsOf(example, targets)) {
      const aim = goal.kind === 'reach' ? `target ${goal.target}` : 'untargeted';
      for (let restart = 0; restart < restarts; restart++) {
        const random = example.random.fork(`${aim}, start ${restart}`);
        yield* run(example, random, iterations, { loss, goal, samples }, found);
        if (found.achieved && example.stop === 'success') return found.point;
      }
    }
    return found.point;
  },
});
