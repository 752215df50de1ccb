/** Pointwise attack: from a noisy adversarial image, puts values back to the clean image's for as long as the goal stays achieved. */
import { type Asking, type AttackExample, defineAttack, type Random, z } from 'proofhouse/plugin';
import { sparsestNoise } from './salt-and-pepper.ts';
import { randomStart } from './starting-point.ts';

/** Salt-and-pepper draws for one start. */
const NOISE_TRIALS = 20;
/** Passes over single values; two are usual, as what one pass puts back seldom frees more. */
const MOST_PASSES = 20;

/** Places where the images differ, in random order. */
function changedPlaces(point: Float32Array, image: Float32Array, random: Random): number[] {
  const places: number[] = [];
  for (let i = 0; i < image.length; i++) if (point[i] !== image[i]) places.push(i);
  for (let i = places.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [places[i], places[j]] = [places[j], places[i]];
  }
  return places;
}

/**
 * Puts back groups of values, then ever smaller ones, at last one by one until none can go: every change that is left is needed. The paper
 * goes one by one from the start; groups reach the same kind of point with a fraction of the queries.
 */
function* putBack({ image, decisionOf }: AttackExample, start: Float32Array, random: Random): Asking<Float32Array> {
  let point = start;
  let places = changedPlaces(point, image, random);
  let group = 2 ** Math.floor(Math.log2(Math.max(1, places.length / 2)));
  for (let passes = 0; passes < MOST_PASSES; ) {
    const before = places.length;
    for (let i = 0; i < places.length; i += group) {
      const candidate = point.slice();
      for (let j = i; j < Math.min(i + group, places.length); j++) candidate[places[j]] = image[places[j]];
      const { achieved } = yield* decisionOf(candidate);
      if (achieved) point = candidate;
    }
    places = changedPlaces(point, image, random);
    if (group > 1) group /= 2;
    else if (places.length === before) break;
    else passes++;
  }
  return point;
}

export default defineAttack({
  name: 'pointwise',
  title: 'Pointwise attack',
  reference: 'Schott et al. 2018, arXiv:1805.09190',
  description: 'Changes few values, from top labels alone.',
  access: 'decision',
  threats: ['l0'],
  budget: 'minimal-norm',
  options: z.strictObject({
    restarts: z.int().positive().default(10).describe('starts from fresh noise; the sparsest result counts'),
  }),
  *attack(example, { restarts }) {
    const { image, threat, random } = example;
    let best: Float32Array | undefined;
    for (let restart = 0; restart < restarts; restart++) {
      const own = random.fork(`restart ${restart}`);
      const fresh = { ...example, random: own };
      const start = (yield* sparsestNoise(fresh, NOISE_TRIALS)) ?? (yield* randomStart(fresh));
      // If a thousand random patterns did not achieve the goal, no more will.
      if (start === undefined) break;
      const point = yield* putBack(example, start, own.fork('order'));
      if (best === undefined || threat.distance(point) < threat.distance(best)) best = point;
    }
    return best ?? image.slice();
  },
});
