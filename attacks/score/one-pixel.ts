/** One-pixel attack: differential evolution over the positions and colours of a few pixels. */
import { type AttackExample, BestIterate, defineAttack, type Random, z } from 'proofhouse/plugin';
import { objective } from './objective.ts';

/** F of differential evolution, as in the paper. */
const WEIGHT = 0.5;
/** Individuals in one question. */
const CHUNK = 16;

const clip = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

/** Three different individuals, none of them `own`. */
function parents(own: number, population: number, random: Random): [number, number, number] {
  const drawn = [own];
  while (drawn.length < 4) {
    const one = random.integer(population);
    if (!drawn.includes(one)) drawn.push(one);
  }
  return [drawn[1], drawn[2], drawn[3]];
}

/** An individual is one or more pixels, each a row, a column and a value per channel. */
function genome({ image, shape, threat }: AttackExample) {
  const { channels, height, width } = shape;
  const perPixel = 2 + channels;
  // L0 counts channel values. A ball smaller than one pixel's channels keeps the largest changes of the one pixel.
  const pixels = Math.max(1, Math.min(Math.floor(threat.epsilon / channels), height * width));
  const length = pixels * perPixel;
  return {
    length,
    /** Positions uniform, colours normal around mid-grey with a deviation of half the range, as in the paper. */
    draw(genes: Float64Array, random: Random): void {
      for (let start = 0; start < length; start += perPixel) {
        genes[start] = random.uniform(0, height);
        genes[start + 1] = random.uniform(0, width);
        for (let c = 0; c < channels; c++) genes[start + 2 + c] = clip(0.5 + 0.5 * random.normal(), 0, 1);
      }
    },
    confine(genes: Float64Array): void {
      for (let start = 0; start < length; start += perPixel) {
        genes[start] = clip(genes[start], 0, height - 1e-9);
        genes[start + 1] = clip(genes[start + 1], 0, width - 1e-9);
        for (let c = 0; c < channels; c++) genes[start + 2 + c] = clip(genes[start + 2 + c], 0, 1);
      }
    },
    paint(genes: Float64Array, point: Float32Array): void {
      point.set(image);
      for (let start = 0; start < length; start += perPixel) {
        const at = Math.floor(genes[start]) * width + Math.floor(genes[start + 1]);
        for (let c = 0; c < channels; c++) point[c * height * width + at] = genes[start + 2 + c];
      }
      if (!threat.contains(point)) threat.project(point);
    },
  };
}

export default defineAttack({
  name: 'one-pixel',
  title: 'One-pixel attack',
  reference: 'Su et al. 2019, arXiv:1710.08864',
  description:
    'Differential evolution over whole pixels. L0 counts channel values, so one pixel of a colour image is an ε of 3.',
  access: 'score',
  threats: ['l0'],
  options: z.strictObject({
    population: z.int().min(4).default(400).describe('individuals; each costs a query per generation'),
    generations: z.int().min(0).default(100).describe('generations after the first'),
  }),
  *attack(example, { population, generations }) {
    const { image, goal, random, stop, scoresOfAll } = example;
    const kind = genome(example);
    const best = new BestIterate(image);
    const points = Array.from({ length: Math.min(CHUNK, population) }, () => new Float32Array(image.length));
    const fitness = new Float64Array(population).fill(Number.NEGATIVE_INFINITY);
    const genes = Array.from({ length: population }, () => new Float64Array(kind.length));
    const children = genes.map((one) => one.slice());
    for (const child of children) kind.draw(child, random);
    for (let generation = 0; generation <= generations; generation++) {
      if (generation > 0) {
        for (const [own, child] of children.entries()) {
          const [a, b, c] = parents(own, population, random);
          for (let i = 0; i < kind.length; i++) child[i] = genes[a][i] + WEIGHT * (genes[b][i] - genes[c][i]);
          kind.confine(child);
        }
      }
      for (let from = 0; from < population; from += CHUNK) {
        const chunk = points.slice(0, Math.min(CHUNK, population - from));
        for (const [i, point] of chunk.entries()) kind.paint(children[from + i], point);
        for (const [i, { scores, achieved }] of (yield* scoresOfAll(chunk)).entries()) {
          const value = objective(scores, goal);
          best.offer(chunk[i], achieved, value);
          if (achieved && stop === 'success') return best.point;
          // A child takes its parent's place; the generation's parents were drawn before any child was judged.
          if (value <= fitness[from + i]) continue;
          fitness[from + i] = value;
          genes[from + i].set(children[from + i]);
        }
      }
    }
    return best.point;
  },
});
