/** Salt-and-pepper noise: sets as few random values as it can to 0 or 1. Blind: no label guides where. */
import { type Asking, type AttackExample, defineAttack, z } from 'proofhouse/plugin';
import { bisect } from './starting-point.ts';

const LARGEST_BATCH = 16;

/** Which values are set, in order, and to what. */
interface Noise {
  order: Int32Array;
  values: Float32Array;
}

function noisy(image: Float32Array, { order, values }: Noise, count: number): Float32Array {
  const point = image.slice();
  for (let i = 0; i < count; i++) point[order[i]] = values[i];
  return point;
}

/**
 * The sparsest noise of `trials` draws that achieves the goal. A draw is an order of the values and salt or pepper for each, so that noise
 * of every strength is nested in it; a draw that cannot beat the best so far costs one query, one that can is bisected.
 */
export function* sparsestNoise(example: AttackExample, trials: number): Asking<Float32Array | undefined> {
  const { image, random, threat, decisionsOf } = example;
  const draws = random.fork('salt and pepper');
  const order = Int32Array.from(image.keys());
  let best: Float32Array | undefined;
  let fewest = image.length + 1;
  const draw = (count: number): Noise => {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const j = i + draws.integer(order.length - i);
      const drawn = order[j];
      order[j] = order[i];
      order[i] = drawn;
      values[i] = draws.integer(2);
    }
    return { order: order.slice(0, count), values };
  };
  for (
    let tried = 0, batch = 1;
    tried < trials && fewest > 1;
    tried += batch, batch = Math.min(2 * batch, LARGEST_BATCH, trials - tried)
  ) {
    const count = fewest - 1;
    const noises = Array.from({ length: batch }, () => draw(count));
    const answers = yield* decisionsOf(noises.map((noise) => noisy(image, noise, count)));
    for (const [i, noise] of noises.entries()) {
      if (!answers[i].achieved) continue;
      const whole = noisy(image, noise, count);
      const found = yield* bisect(example, (place) => noisy(image, noise, Math.round(place)), count, 1);
      const point = found?.point ?? whole;
      // Values that were 0 or 1 already do not count.
      if (best === undefined || threat.distance(point) < threat.distance(best)) best = point;
      fewest = Math.min(fewest, found === undefined ? count : Math.round(found.place));
    }
  }
  return best;
}

export default defineAttack({
  name: 'salt-and-pepper',
  title: 'Salt-and-pepper noise',
  reference: 'Rauber et al. 2017, arXiv:1707.04131 (Foolbox)',
  description: 'Random noise on as few values as will do. A sanity check: what chance alone achieves.',
  access: 'decision',
  threats: ['l0'],
  budget: 'minimal-norm',
  options: z.strictObject({
    trials: z
      .int()
      .positive()
      .default(1000)
      .describe('random draws; each costs one query, and a bisection where it beats the best'),
  }),
  *attack(example, { trials }) {
    return (yield* sparsestNoise(example, trials)) ?? example.image.slice();
  },
});
