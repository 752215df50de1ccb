/** SimBA: one basis vector at a time, forwards, else backwards, kept if the score says so. */
import { type AttackExample, defineAttack, type ImageShape, type Random, z } from 'proofhouse/plugin';
import { objective } from './objective.ts';

/** Low frequencies come first, in this many bands, each in random order. */
const BANDS = 8;

/** Adds `amount` times the basis vector of this index. */
type Add = (point: Float32Array, index: number, amount: number) => void;

/** Orthonormal cosines of one axis, frequency by frequency. */
function cosines(length: number): Float64Array {
  const table = new Float64Array(length * length);
  for (let u = 0; u < length; u++) {
    const scale = Math.sqrt((u === 0 ? 1 : 2) / length);
    for (let x = 0; x < length; x++) table[u * length + x] = scale * Math.cos((Math.PI * (x + 0.5) * u) / length);
  }
  return table;
}

/** The two-dimensional cosine transform's basis, channel by channel. */
function cosineBasis({ height, width }: ImageShape): Add {
  const rows = cosines(height);
  const columns = cosines(width);
  const area = height * width;
  return (point, index, amount) => {
    const start = index - (index % area);
    const u = Math.floor((index - start) / width) * height;
    const v = (index % width) * width;
    for (let y = 0; y < height; y++) {
      const row = amount * rows[u + y];
      const from = start + y * width;
      for (let x = 0; x < width; x++) point[from + x] += row * columns[v + x];
    }
  };
}

/** Every index once, in random order within its band. */
function order(count: number, bandOf: (index: number) => number, random: Random): number[] {
  const keyed: { index: number; key: number }[] = [];
  for (let index = 0; index < count; index++) keyed.push({ index, key: bandOf(index) + random.uniform() });
  return keyed.toSorted((a, b) => a.key - b.key).map(({ index }) => index);
}

function bandsOf({ height, width }: ImageShape): (index: number) => number {
  return (index) => {
    const u = Math.floor(index / width) % height;
    const v = index % width;
    return Math.floor(Math.max((u * BANDS) / height, (v * BANDS) / width));
  };
}

/**
 * The paper stops when its steps have used up the distance; here the search goes on within the ball, each trial projected onto it. Steps
 * are relative to ε (0.2 in all cases there), and halve once every vector has been tried.
 */
export default defineAttack({
  name: 'simba',
  title: 'Simple black-box attack',
  reference: 'Guo et al. 2019, arXiv:1905.07121',
  description: 'Coordinate search on scores, in pixels or in the frequencies of the cosine transform.',
  access: 'score',
  threats: ['l2'],
  options: z.strictObject({
    queries: z.int().positive().default(10_000).describe('points asked at most'),
    basis: z.enum(['dct', 'pixel']).default('dct').describe('vectors that are tried, low frequencies first, or pixels'),
    'relative-step': z.number().positive().default(0.1).describe('length of the first steps as a fraction of ε'),
  }),
  *attack(example: AttackExample, { queries, basis, 'relative-step': relativeStep }) {
    const { image, shape, threat, goal, cleanScores, random, stop, scoresOf } = example;
    const add: Add =
      basis === 'dct'
        ? cosineBasis(shape)
        : (point, index, amount) => {
            point[index] += amount;
          };
    const bandOf = basis === 'dct' ? bandsOf(shape) : () => 0;
    const point = image.slice();
    const trial = image.slice();
    let best = { achieved: false, value: objective(cleanScores, goal) };
    let asked = 0;
    for (let round = 0; asked < queries; round++) {
      const step = (relativeStep * threat.epsilon) / 2 ** round;
      for (const index of order(image.length, bandOf, random.fork(`order ${round}`))) {
        for (const amount of [step, -step]) {
          if (asked === queries) return point;
          trial.set(point);
          add(trial, index, amount);
          threat.project(trial);
          const { scores, achieved } = yield* scoresOf(trial);
          asked++;
          if (achieved && stop === 'success') return trial;
          const value = objective(scores, goal);
          if (achieved === best.achieved ? value <= best.value : !achieved) continue;
          best = { achieved, value };
          point.set(trial);
          break;
        }
      }
    }
    return point;
  },
});
