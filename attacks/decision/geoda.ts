/**
 * GeoDA: the normal of the decision boundary, estimated from labels, says by itself which point of the boundary is nearest in any norm. Estimates
 * are taken at ever nearer points.
 */
import { type Asking, type AttackExample, defineAttack, type Norm, towardsPlane, z } from 'proofhouse/plugin';
import { dualNorm } from '../hyperplane.ts';
import { hopAround } from './hop-probes.ts';
import { dot, fillNormal, normalise, subtract } from './noise.ts';
import { RunningNormal } from './running-normal.ts';
import { bisect, bisectLine, randomStart } from './starting-point.ts';

/** How fast estimates of earlier iterations are forgotten. */
const MEMORY = 0.99;
/** At an end of the box half of a coordinate's probes are clipped to no change: what is left of the variance of a normal distribution. */
const CLIPPED = (Math.PI - 1) / (2 * Math.PI);

interface Options {
  iterations: number;
  probes: number;
}

/** Where probes are to tell more: of a normal in L∞ only unknown signs matter, in L1 only which entries are the largest. */
function attend(norm: Norm, estimate: RunningNormal, changed: Float64Array): void {
  if (norm === 'linf') estimate.attendTo((i) => !estimate.isSettled(i));
  if (norm === 'l1') {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < changed.length; i++) if (changed[i] !== 0) least = Math.min(least, estimate.atLeast(i));
    estimate.attendTo((i) => estimate.atMost(i) >= least);
  }
}

function* approach(example: AttackExample, start: Float32Array, { iterations, probes }: Options): Asking<Float32Array> {
  const { image, random, threat, decisionOf } = example;
  const { length } = image;
  const tolerance = 0.03 / length;
  const draws = random.fork('probes');
  const estimate = new RunningNormal(length, MEMORY);
  const { attended } = estimate;
  const offset = new Float64Array(length);
  const change = new Float64Array(length).fill(1);
  let point = yield* bisectLine(example, start, tolerance);
  for (let iteration = 1; iteration <= iterations; iteration++) {
    subtract(point, image, offset);
    attend(threat.norm, estimate, change);
    const count = Math.round(probes * Math.sqrt(iteration));
    const { direction, spread } = yield* hopAround(example, point, Math.sqrt(dot(offset, offset)), count, (probe) => {
      fillNormal(probe, draws);
      for (let i = 0; i < length; i++) probe[i] *= attended[i];
      normalise(probe);
    });
    for (let i = 0; i < length; i++) if (point[i] === 0 || point[i] === 1) direction[i] /= CLIPPED;
    estimate.add(direction, spread / attended.reduce((sum, one) => sum + one, 0));
    const normal = new Float32Array(estimate.normal);
    const at = (depth: number) => {
      towardsPlane(threat.norm, image, normal, -depth, change);
      return image.map((value, i) => Math.max(0, Math.min(1, value + change[i])));
    };
    // No further than the nearest point so far, but for the box.
    const depth = threat.distance(point) * dualNorm(threat.norm, normal);
    const far = at(depth);
    const { achieved } = yield* decisionOf(far);
    if (!achieved) continue;
    const nearer = (yield* bisect(example, at, depth, tolerance * depth))?.point ?? far;
    if (threat.distance(nearer) < threat.distance(point)) point = nearer;
  }
  return point;
}

export default defineAttack({
  name: 'geoda',
  title: 'GeoDA',
  reference: 'Rahmati et al. 2020, arXiv:2003.06468',
  description:
    'Needs top labels alone. One estimate of the boundary’s normal serves every norm; the only such attack in L1.',
  access: 'decision',
  threats: ['l2', 'linf', 'l1'],
  budget: 'minimal-norm',
  options: z.strictObject({
    iterations: z.int().positive().default(64).describe('estimates of the boundary normal, each at a nearer point'),
    probes: z.int().positive().default(160).describe('probes of the first estimate; estimate j takes √j times as many'),
  }),
  *attack(example, options) {
    const start = yield* randomStart(example);
    return start === undefined ? example.image.slice() : yield* approach(example, start, options);
  },
});
