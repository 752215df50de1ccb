/** Jacobian-based saliency map attack: saturates, two by two, the values that raise the target's logit and lower the others'. */
import { type Asking, type AttackExample, defineAttack, type Goal, z } from 'proofhouse/plugin';

/** Setting one value to 0 or 1: its first-order effect on the target's logit and on the sum of the others. */
interface Move {
  place: number;
  value: 0 | 1;
  onTarget: number;
  onOthers: number;
}

/** Most moves whose pairs are compared; reached only where what raises the target raises the others too. */
const MOST_MOVES = 2000;

/**
 * The moves among which the best pair is. Larger onTarget and smaller onOthers are better, so the best pair holds no move that is worse in
 * both than three others: at most two of those can be excluded from standing in for it (its partner, or the other move of a place).
 * This makes the search over all n² pairs, exact, as cheap as a sort.
 */
function contenders(moves: Move[]): Move[] {
  moves.sort((a, b) => b.onTarget - a.onTarget || a.onOthers - b.onOthers || a.place - b.place);
  const lowest = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const kept: Move[] = [];
  for (const move of moves) {
    if (move.onOthers >= lowest[2]) continue;
    kept.push(move);
    lowest[2] = move.onOthers;
    lowest.sort((a, b) => a - b);
  }
  if (kept.length <= MOST_MOVES) return kept;
  const gain = ({ onTarget, onOthers }: Move) => onTarget - onOthers;
  return kept.toSorted((a, b) => gain(b) - gain(a)).slice(0, MOST_MOVES);
}

/** The pair of greatest saliency −αβ with α > 0 and β < 0. */
function salientPair(moves: Move[]): Move[] | undefined {
  const among = contenders(moves);
  let best: Move[] | undefined;
  let greatest = 0;
  for (let i = 0; i < among.length; i++) {
    for (let j = i + 1; j < among.length; j++) {
      if (among[i].place === among[j].place) continue;
      const alpha = among[i].onTarget + among[j].onTarget;
      const beta = among[i].onOthers + among[j].onOthers;
      if (alpha <= 0 || beta >= 0 || -alpha * beta <= greatest) continue;
      greatest = -alpha * beta;
      best = [among[i], among[j]];
    }
  }
  return best;
}

/** Where no pair does both: the value that raises the target most above the others' mean. */
function leadingMove(moves: readonly Move[], others: number): Move[] {
  const gain = ({ onTarget, onOthers }: Move) => onTarget - onOthers / others;
  const best = moves.reduce((a, b) => (gain(b) > gain(a) ? b : a));
  return gain(best) > 0 ? [best] : [];
}

/**
 * Towards one class. Unlike the paper, values may go to 0 as well as to 1, and a slope counts by how far its value can go: one setting for
 * images that are bright, dark or in between. The Jacobian is that of logits; softmax's vanishes on confident images.
 *
 * @param fewer give up before this many values have changed
 */
function* towards(example: AttackExample, target: number, fewer: number): Asking<Float32Array | undefined> {
  const { image, classes, gradientsOf } = example;
  const others = Array.from({ length: classes }, (_, k) => k).filter((k) => k !== target);
  const minus = (leave: number[]): Goal => ({ kind: 'leave', classes: leave });
  const point = image.slice();
  const changed = new Uint8Array(image.length);
  let last: Move[] = [];
  for (let count = 0; ; ) {
    const { gradients, achieved } = yield* gradientsOf(point, [
      { loss: 'logit-difference', goal: minus([target]) },
      { loss: 'logit-difference', goal: minus(others) },
    ]);
    if (achieved) return yield* withoutNeedless(example, point, last);
    const [down, downOthers] = gradients;
    const moves: Move[] = [];
    for (let i = 0; i < image.length; i++) {
      if (changed[i] === 1) continue;
      for (const value of [0, 1] as const) {
        const way = value - point[i];
        if (way !== 0) moves.push({ place: i, value, onTarget: -down[i] * way, onOthers: -downOthers[i] * way });
      }
    }
    if (moves.length === 0) return undefined;
    const chosen = salientPair(moves) ?? leadingMove(moves, others.length);
    count += chosen.length;
    if (chosen.length === 0 || count >= fewer) return undefined;
    last = chosen;
    for (const { place, value } of chosen) {
      point[place] = value;
      changed[place] = 1;
    }
  }
}

/** Of the last pair, one value may have been enough. */
function* withoutNeedless(
  { image, decisionsOf }: AttackExample,
  point: Float32Array,
  pair: Move[],
): Asking<Float32Array> {
  if (pair.length < 2) return point;
  const alone = pair.map(({ place }) => {
    const without = point.slice();
    without[place] = image[place];
    return without;
  });
  const answers = yield* decisionsOf(alone);
  return alone.find((_, i) => answers[i].achieved) ?? point;
}

export default defineAttack({
  name: 'jsma',
  title: 'Jacobian-based saliency map attack',
  reference: 'Papernot et al. 2016, arXiv:1511.07528',
  description: 'Changes few values, greedily, as the saliency of each pair of values says.',
  access: 'gradient',
  threats: ['l0'],
  budget: 'minimal-norm',
  options: z.strictObject({
    'most-changed': z
      .number()
      .positive()
      .max(1)
      .default(1)
      .describe('give up when this share of the values has changed'),
    targets: z.int().positive().default(3).describe('untargeted: how many of the likeliest other classes are tried'),
  }),
  *attack(example, { 'most-changed': share, targets }) {
    const { image, goal, cleanScores, threat } = example;
    const likeliest =
      goal.kind === 'reach'
        ? [goal.target]
        : Array.from(cleanScores.keys())
            .filter((k) => !goal.classes.includes(k))
            .toSorted((a, b) => cleanScores[b] - cleanScores[a] || a - b)
            .slice(0, targets);
    let best: Float32Array | undefined;
    let fewer = Math.floor(share * image.length) + 1;
    for (const target of likeliest) {
      const point = yield* towards(example, target, fewer);
      if (point === undefined) continue;
      best = point;
      fewer = threat.distance(point);
    }
    return best ?? image.slice();
  },
});
