/** Where decision attacks start: an image that achieves the goal already, found among random patterns, then blended towards the clean image. */
import type { Asking, AttackExample, ImageShape, Random } from 'proofhouse/plugin';

/** Patterns tried before giving up, as in Foolbox's blended noise. */
const TRIALS = 1000;
const LARGEST_BATCH = 32;

/**
 * Uniform noise in [0, 1] whose cells are `side` × `side` pixels: fine noise looks like static and nearly always has one and the same
 * class, coarse noise meets many, which a targeted attack needs.
 */
function pattern({ channels, height, width }: ImageShape, side: number, random: Random): Float32Array {
  const rows = Math.ceil(height / side);
  const columns = Math.ceil(width / side);
  const values = new Float32Array(channels * height * width);
  const cells = new Float32Array(rows * columns);
  for (let channel = 0; channel < channels; channel++) {
    for (let cell = 0; cell < cells.length; cell++) cells[cell] = random.uniform();
    for (let y = 0; y < height; y++) {
      const row = Math.floor(y / side) * columns;
      const start = (channel * height + y) * width;
      for (let x = 0; x < width; x++) values[start + x] = cells[row + Math.floor(x / side)];
    }
  }
  return values;
}

/** A random pattern that achieves the goal, or undefined if none of 1,000 does: the attack then fails, and returns the clean image. */
export function* randomStart({ shape, random, decisionsOf }: AttackExample): Asking<Float32Array | undefined> {
  const draws = random.fork('starting point');
  const sides = [1];
  while (sides[sides.length - 1] < Math.max(shape.height, shape.width)) sides.push(2 * sides[sides.length - 1]);
  // Most untargeted attacks need one pattern, so batches grow from one.
  for (
    let tried = 0, batch = 1;
    tried < TRIALS;
    tried += batch, batch = Math.min(2 * batch, LARGEST_BATCH, TRIALS - tried)
  ) {
    const patterns = Array.from({ length: batch }, (_, i) => pattern(shape, sides[(tried + i) % sides.length], draws));
    const answers = yield* decisionsOf(patterns);
    const found = answers.findIndex(({ achieved }) => achieved);
    if (found >= 0) return patterns[found];
  }
  return undefined;
}

/** `from` + t · (`to` − `from`). */
export function blend(from: Float32Array, to: Float32Array, t: number): Float32Array {
  const point = new Float32Array(from.length);
  for (let i = 0; i < point.length; i++) point[i] = from[i] + t * (to[i] - from[i]);
  return point;
}

/**
 * The decision boundary on a path from the clean image (0) to a point that achieves the goal, by bisection.
 *
 * @param far that point's place on the path
 * @param tolerance width of the last bracket, in the path's units
 * @returns the achieving end of the bracket; undefined where nothing nearer than `far` was met
 */
export function* bisect(
  { decisionOf }: AttackExample,
  pointAt: (place: number) => Float32Array,
  far: number,
  tolerance: number,
): Asking<{ point: Float32Array; place: number } | undefined> {
  let low = 0;
  let nearest: { point: Float32Array; place: number } | undefined;
  let high = far;
  while (high - low > tolerance) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    const point = pointAt(middle);
    const { achieved } = yield* decisionOf(point);
    if (achieved) {
      high = middle;
      nearest = { point, place: middle };
    } else low = middle;
  }
  return nearest;
}

/** The same along the straight line to `far`, which achieves the goal; `tolerance` is a fraction of that line. */
export function* bisectLine(example: AttackExample, far: Float32Array, tolerance: number): Asking<Float32Array> {
  const found = yield* bisect(example, (t) => blend(example.image, far, t), 1, tolerance);
  return found === undefined ? far : found.point;
}

/** The point where a random pattern, blended into the clean image, starts to achieve the goal. */
export function* startingPoint(example: AttackExample, tolerance = 1e-3): Asking<Float32Array | undefined> {
  const start = yield* randomStart(example);
  return start && (yield* bisectLine(example, start, tolerance));
}
