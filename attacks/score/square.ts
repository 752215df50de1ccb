/** Square attack: random search over square windows that shrink on a schedule; a change stays if it lowers the margin. */
import { type AttackExample, defineAttack, z } from 'proofhouse/plugin';
import { objective } from './objective.ts';
import { bumps } from './square-bumps.ts';
import { type Search, startOf } from './square-window.ts';

/** Iterations after which the share of the image that a window covers halves, of 10,000 (Andriushchenko et al., §3.1). */
const HALVINGS = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

/** Draws for a window before one that changes nothing is asked all the same: at ε = 0 none does. */
const REDRAWS = 10;

const shareAt = (iteration: number, initial: number): number =>
  initial / 2 ** HALVINGS.filter((after) => iteration > after).length;

/** L∞: every pixel of a window goes to one end of its interval, one sign per channel. Starts with vertical stripes. */
function corners({ shape, threat, image, random }: AttackExample): Search {
  const { channels, height, width } = shape;
  // The projections of black and white are the ends of each pixel's interval, rounded inwards by the threat itself.
  const low = new Float32Array(image.length);
  const high = new Float32Array(image.length).fill(1);
  threat.project(low);
  threat.project(high);
  const candidate = new Float32Array(image.length);
  for (let c = 0; c < channels; c++) {
    for (let x = 0; x < width; x++) {
      const end = random.sign() > 0 ? high : low;
      for (let y = 0; y < height; y++) {
        const i = (c * height + y) * width + x;
        candidate[i] = end[i];
      }
    }
  }
  const before = candidate.slice();
  const window = { top: 0, left: 0, side: Math.min(height, width) };
  /** Writes the window of one channel and says whether that changed anything. */
  const paint = (from: Float32Array, into: Float32Array, c: number): boolean => {
    const { top, left, side } = window;
    let changed = 0;
    for (let y = top; y < top + side; y++) {
      const row = (c * height + y) * width;
      for (let i = row + left; i < row + left + side; i++) {
        changed |= +(into[i] !== from[i]);
        into[i] = from[i];
      }
    }
    return changed > 0;
  };
  return {
    candidate,
    propose(share) {
      window.side = Math.max(1, Math.min(Math.round(Math.sqrt(share * height * width)), height, width));
      let changed = false;
      for (let draw = 0; draw < REDRAWS && !changed; draw++) {
        window.top = startOf(height, window.side, random);
        window.left = startOf(width, window.side, random);
        for (let c = 0; c < channels; c++) changed = paint(random.sign() > 0 ? high : low, candidate, c) || changed;
      }
    },
    accept() {
      for (let c = 0; c < channels; c++) paint(candidate, before, c);
    },
    reject() {
      for (let c = 0; c < channels; c++) paint(before, candidate, c);
    },
  };
}

/**
 * Windows may touch every edge (the official code never reaches the last row and column), each example draws its own, and one that
 * would change nothing is drawn again, as in the paper's own code, so that no query is spent on it.
 */
export default defineAttack({
  name: 'square',
  title: 'Square attack',
  reference: 'Andriushchenko et al. 2020, arXiv:1912.00049; for L1 Croce & Hein 2021, arXiv:2103.01208',
  description:
    'Random search over square windows, no gradients: it sees through masked ones. The schedule is that of AutoAttack.',
  access: 'score',
  threats: ['linf', 'l2', 'l1'],
  options: z.strictObject({
    queries: z.int().positive().default(5000).describe('points asked at most, the first one included'),
    p: z.number().positive().max(1).default(0.8).describe('share of the image that the first windows cover'),
    'rescale-schedule': z
      .boolean()
      .default(false)
      .describe('let windows shrink over `queries` instead of over 10,000 as in AutoAttack'),
  }),
  *attack(example, { queries, p, 'rescale-schedule': rescale }) {
    const { threat, goal, stop, scoresOf } = example;
    const search = threat.norm === 'linf' ? corners(example) : bumps(example);
    let best = { achieved: false, value: Number.NEGATIVE_INFINITY };
    for (let query = 0; query < queries; query++) {
      const iteration = query - 1;
      if (query > 0) search.propose(shareAt(rescale ? Math.floor((iteration * 10_000) / queries) : iteration, p));
      const { scores, achieved } = yield* scoresOf(search.candidate);
      if (achieved && stop === 'success') break;
      const value = objective(scores, goal);
      if (query === 0 || (achieved === best.achieved ? value > best.value : achieved)) {
        best = { achieved, value };
        search.accept();
      } else search.reject();
    }
    return search.candidate;
  },
});
