/** The worst of many rotations and translations: an exhaustive grid, or random tries. */
import { type AttackExample, defineAttack, z } from 'proofhouse/plugin';
import { objective } from '../score/objective.ts';

/** From −ε to ε, evenly; the largest first, for they fell most. */
function spread(count: number, epsilon: number): number[] {
  if (count === 1) return [0];
  return Array.from({ length: count }, (_, i) => (epsilon * (2 * i - (count - 1))) / (count - 1)).toSorted(
    (a, b) => Math.abs(b) - Math.abs(a) || a - b,
  );
}

type Parameters = readonly [turn: number, right: number, down: number];

/** What is tried, in the portions in which it is asked: one angle of the grid at a time. */
function* candidates(
  { threat: { epsilon }, random }: Pick<AttackExample, 'threat' | 'random'>,
  {
    search,
    rotations,
    translations,
    tries,
  }: { search: string; rotations: number; translations: number; tries: number },
): Generator<Parameters[]> {
  if (search === 'random') {
    const draw = () => random.uniform(-epsilon, epsilon);
    yield Array.from({ length: tries }, (): Parameters => [draw(), draw(), draw()]);
    return;
  }
  const shifts = spread(translations, epsilon);
  for (const turn of spread(rotations, epsilon)) {
    yield shifts.flatMap((right) => shifts.map((down): Parameters => [turn, right, down]));
  }
}

export default defineAttack({
  name: 'rotation-translation',
  title: 'Worst of many transforms',
  reference: 'Engstrom et al. 2019, arXiv:1712.02779',
  description:
    'Turns and shifts the image as a hand-held camera might; no pixel is forged. ε is the share of 30° and of 3/32 of each side (3 pixels of 32).',
  access: 'score',
  threats: [],
  families: ['rotation-translation'],
  options: z.strictObject({
    search: z
      .enum(['grid', 'random'])
      .default('grid')
      .describe('grid: every combination; random: the worst of a few tries, much cheaper and weaker'),
    rotations: z.int().positive().default(31).describe('angles of the grid'),
    translations: z.int().positive().default(5).describe('shifts of the grid, in each direction'),
    tries: z.int().positive().default(10).describe('transforms that the random search tries'),
  }),
  *attack({ image, threat, goal, random, stop, scoresOfAll }, options) {
    const { transformed } = threat;
    if (transformed === undefined) throw new Error('the threat is no family of transforms');
    let worst = { point: image, achieved: false, value: Number.NEGATIVE_INFINITY };
    for (const portion of candidates({ threat, random }, options)) {
      const points = portion.map(transformed);
      for (const [i, { scores, achieved }] of (yield* scoresOfAll(points)).entries()) {
        if (achieved && stop === 'success') return points[i];
        const value = objective(scores, goal);
        const better = achieved === worst.achieved ? value > worst.value : achieved;
        if (better) worst = { point: points[i], achieved, value };
      }
    }
    return worst.point;
  },
});
