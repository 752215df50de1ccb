/**
 * Difference of logits ratio, invariant to shifting and scaling the logits (Croce & Hein 2020, arXiv:2003.01690, eq. 6 and 7).
 * Leaving y: −(z_y − max_{i≠y} z_i) / (z_π1 − z_π3); reaching t from y: −(z_y − z_t) / (z_π1 − ½(z_π3 + z_π4)).
 */
import { InputError } from '../errors.ts';
import type { Goal } from '../plugin/goal.ts';
import { defineLoss } from '../plugin/loss.ts';

const TINY = 1e-12;

/** The ratio's parts: value = Σ numerator·z / (Σ denominator·z + 10⁻¹²). */
function parts(logits: Float32Array, goal: Goal): { numerator: Map<number, number>; denominator: Map<number, number> } {
  const order = Array.from(logits.keys()).toSorted((a, b) => logits[b] - logits[a] || a - b);
  if (goal.kind === 'reach') {
    requireClasses(logits.length, 4, 'targeted DLR');
    return {
      numerator: new Map([
        [goal.target, 1],
        ...(goal.from === goal.target ? [] : ([[goal.from, -1]] as [number, number][])),
      ]),
      denominator: new Map([
        [order[0], 1],
        [order[2], -0.5],
        [order[3], -0.5],
      ]),
    };
  }
  requireClasses(logits.length, 3, 'DLR');
  const own = singleClass(goal);
  const other = order.find((index) => index !== own) as number;
  return {
    numerator: new Map([
      [other, 1],
      [own, -1],
    ]),
    denominator: new Map([
      [order[0], 1],
      [order[2], -1],
    ]),
  };
}

function requireClasses(classes: number, least: number, name: string): void {
  if (classes < least) {
    throw new InputError(
      `The ${name} loss needs at least ${least} classes; this model has ${classes} logits.`,
      'Use the margin or the cross-entropy loss.',
    );
  }
}

function singleClass(goal: Goal & { kind: 'leave' }): number {
  if (goal.classes.length !== 1) {
    throw new InputError('The DLR loss is defined for leaving one class, not several.', 'Use the margin loss.');
  }
  return goal.classes[0];
}

const dot = (weights: Map<number, number>, logits: Float32Array) =>
  [...weights].reduce((sum, [index, weight]) => sum + weight * logits[index], 0);

export default defineLoss({
  name: 'dlr',
  title: 'Difference of logits ratio',
  reference: 'Croce & Hein 2020, arXiv:2003.01690',
  minimumClasses: 3,
  value(logits, goal) {
    const { numerator, denominator } = parts(logits, goal);
    return dot(numerator, logits) / (dot(denominator, logits) + TINY);
  },
  cotangent(logits, goal) {
    const { numerator, denominator } = parts(logits, goal);
    const spread = dot(denominator, logits) + TINY;
    const ratio = dot(numerator, logits) / spread;
    const cotangent = new Float32Array(logits.length);
    for (const [index, weight] of numerator) cotangent[index] += weight / spread;
    for (const [index, weight] of denominator) cotangent[index] -= (ratio * weight) / spread;
    return cotangent;
  },
  graph: {
    /** The class to leave (or to come from), and the target (zero when untargeted). */
    rows: 2,
    encode(goal, classes) {
      requireClasses(classes, goal.kind === 'reach' ? 4 : 3, goal.kind === 'reach' ? 'targeted DLR' : 'DLR');
      const own = new Float32Array(classes);
      const target = new Float32Array(classes);
      if (goal.kind === 'reach') {
        own[goal.from] = 1;
        target[goal.target] = 1;
      } else own[singleClass(goal)] = 1;
      return [own, target];
    },
    build(graph, logits, [own, target], classes) {
      const ones = graph.ones(classes);
      const sum = (x: string) => graph.op('MatMul', [x, ones]);
      const mul = (a: string, b: string) => graph.op('Mul', [a, b]);
      const add = (a: string, b: string) => graph.op('Add', [a, b]);
      const sub = (a: string, b: string) => graph.op('Sub', [a, b]);
      const used = sum(own);
      const targeted = sum(target);
      const far = graph.scalar(1e30);
      const other = graph.oneHotOfLargest(sub(logits, mul(own, far)), classes);
      // Targeted: t; untargeted: the largest other class; neither for rows that use another loss.
      const towards = add(target, mul(sub(used, targeted), other));
      const numerator = sub(towards, own);
      const ranks = graph.oneHotOfTop(logits, Math.min(4, classes), classes);
      const half = mul(targeted, graph.scalar(0.5));
      // Untargeted: π3. Targeted: half of π3 and half of π4.
      const third = mul(sub(graph.scalar(1), half), ranks[2]);
      const low = classes > 3 ? add(third, mul(half, ranks[3])) : third;
      const denominator = sub(ranks[0], low);
      const spread = add(sum(mul(denominator, logits)), graph.scalar(TINY));
      const value = graph.op('Div', [sum(mul(numerator, logits)), spread]);
      const cotangent = mul(used, graph.op('Div', [sub(numerator, mul(value, denominator)), spread]));
      return { value, cotangent };
    },
  },
});
