/** The weakest strength of a one-parameter change that achieves the goal: a grid, then bisection. */
import { type Asking, type AttackDefinition, type AttackExample, defineAttack, z } from 'proofhouse/plugin';
import { Nearest } from '../nearest.ts';

/** Points in one question. */
const CHUNK = 8;
/** Halvings of the grid's interval: far below what float32 pixels tell apart. */
const HALVINGS = 14;

/**
 * The nearest point met that achieves the goal, or the clean image where no strength on the grid does. A window of success narrower
 * than the grid can be missed, since success need not grow with strength.
 *
 * @param steps grid points in (0, 1]
 * @param at fresh point of a strength; 0 is the clean image
 */
function* weakest(
  example: Pick<AttackExample, 'decisionsOf' | 'image' | 'stop' | 'threat'>,
  steps: number,
  at: (strength: number) => Float32Array,
): Asking<Float32Array> {
  const nearest = new Nearest(example);
  let high = Number.POSITIVE_INFINITY;
  for (let asked = 0; asked < steps && high > 1; asked += CHUNK) {
    const strengths = Array.from({ length: Math.min(CHUNK, steps - asked) }, (_, i) => (asked + i + 1) / steps);
    const points = strengths.map(at);
    for (const [i, { achieved }] of (yield* example.decisionsOf(points)).entries()) {
      nearest.offer(points[i], achieved);
      if (achieved) high = Math.min(high, strengths[i]);
    }
  }
  if (high > 1) return nearest.answer();
  let low = high - 1 / steps;
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    const point = at(middle);
    const [{ achieved }] = yield* example.decisionsOf([point]);
    nearest.offer(point, achieved);
    if (achieved) high = middle;
    else low = middle;
  }
  return nearest.answer();
}

type Described = Pick<AttackDefinition, 'name' | 'title' | 'reference' | 'description'>;

/**
 * The attack that looks for the weakest change of one kind.
 *
 * @param at the image changed to a strength in (0, 1], fresh
 */
export function weakestChange(
  described: Described,
  at: (example: Pick<AttackExample, 'image' | 'shape'>, strength: number) => Float32Array,
) {
  return defineAttack({
    ...described,
    access: 'decision',
    threats: ['l2', 'linf', 'l1'],
    budget: 'minimal-norm',
    options: z.strictObject({
      steps: z.int().positive().default(100).describe('strengths that are tried before the weakest is refined'),
    }),
    *attack(example, { steps }) {
      return yield* weakest(example, steps, (strength) => at(example, strength));
    },
  });
}
