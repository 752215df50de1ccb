/** Boundary attack: a random walk along the decision boundary, on ever smaller spheres around the clean image, from top labels alone. */
import { type Asking, type AttackExample, defineAttack, z } from 'proofhouse/plugin';
import { dot, fillNormal, makeOrthogonal, subtract } from './noise.ts';
import { bisectLine, blend, startingPoint } from './starting-point.ts';

/** First lengths of both steps, relative to the distance (Foolbox's). */
const FIRST_STEP = 1e-2;
/** Below this a step is lost in float32: the walk has converged. */
const LEAST_STEP = 1e-7;
const LARGEST_STEP = 0.5;
/** Share of sideways steps that should stay adversarial, and of steps towards the image after them. */
const SIDEWAYS_RATE = 0.35;
const TOWARDS_RATE = 0.5;
/** How fast step lengths follow those shares, per step. */
const SIDEWAYS_GAIN = 0.02;
const TOWARDS_GAIN = 0.2;

const adapted = (step: number, worked: boolean, rate: number, gain: number) =>
  Math.min(LARGEST_STEP, step * Math.exp(gain * (+worked - rate)));

/**
 * The paper takes both steps as one proposal and tunes their lengths from success rates over many proposals. Here the sideways step is kept
 * even if the step towards the image fails, and both lengths follow every answer: as near for as many queries, with less to tune.
 */
function* walk(example: AttackExample, start: Float32Array, steps: number): Asking<Float32Array> {
  const { image, random, decisionOf } = example;
  const { length } = image;
  const directions = random.fork('directions');
  const offset = new Float64Array(length);
  const noise = new Float64Array(length);
  let point = start;
  let sideways = FIRST_STEP;
  let towards = FIRST_STEP;
  for (let step = 0; step < steps && sideways > LEAST_STEP && towards > LEAST_STEP; step++) {
    subtract(point, image, offset);
    fillNormal(noise, directions);
    makeOrthogonal(noise, offset);
    // offset + noise, back on the sphere through the point.
    const distance = Math.sqrt(dot(offset, offset));
    const along = (sideways * distance) / Math.max(Math.sqrt(dot(noise, noise)), 1e-12);
    const back = 1 / Math.sqrt(1 + sideways * sideways);
    const aside = new Float32Array(length);
    for (let i = 0; i < length; i++) {
      aside[i] = Math.max(0, Math.min(1, image[i] + back * (offset[i] + along * noise[i])));
    }
    const { achieved } = yield* decisionOf(aside);
    sideways = adapted(sideways, achieved, SIDEWAYS_RATE, SIDEWAYS_GAIN);
    if (!achieved) continue;
    const nearer = blend(aside, image, towards);
    const { achieved: still } = yield* decisionOf(nearer);
    towards = adapted(towards, still, TOWARDS_RATE, TOWARDS_GAIN);
    point = still ? nearer : aside;
  }
  return yield* bisectLine(example, point, 1e-4);
}

export default defineAttack({
  name: 'boundary',
  title: 'Boundary attack',
  reference: 'Brendel et al. 2018, arXiv:1712.04248',
  description: 'Needs top labels alone. Simple and slow; HopSkipJump gets nearer with the same queries.',
  access: 'decision',
  threats: ['l2'],
  budget: 'minimal-norm',
  options: z.strictObject({
    steps: z
      .int()
      .positive()
      .default(30_000)
      .describe('proposals; each costs one query, or two where the first succeeds'),
  }),
  *attack(example, { steps }) {
    const start = yield* startingPoint(example);
    return start === undefined ? example.image.slice() : yield* walk(example, start, steps);
  },
});
