/** Margin of logits: largest outside minus largest inside for leaving, target minus largest other for reaching. */
import type { Goal } from '../plugin/goal.ts';
import { defineLoss } from '../plugin/loss.ts';

/** +1 on the classes to leave, −1 on the class to reach. */
function signedMask(goal: Goal, classes: number): Float32Array {
  const row = new Float32Array(classes);
  if (goal.kind === 'reach') row[goal.target] = -1;
  else for (const index of goal.classes) row[index] = 1;
  return row;
}

/** The two classes whose difference the margin is: it grows with `up` and falls with `down`. */
function ends(logits: Float32Array, goal: Goal): { up: number; down: number } {
  const inside = goal.kind === 'reach' ? [goal.target] : goal.classes;
  let largestIn = -1;
  let largestOut = -1;
  for (let i = 0; i < logits.length; i++) {
    if (inside.includes(i)) {
      if (largestIn < 0 || logits[i] > logits[largestIn]) largestIn = i;
    } else if (largestOut < 0 || logits[i] > logits[largestOut]) largestOut = i;
  }
  return goal.kind === 'reach' ? { up: largestIn, down: largestOut } : { up: largestOut, down: largestIn };
}

export default defineLoss({
  name: 'margin',
  title: 'Logit margin, max z outside − max z inside',
  reference: 'Carlini & Wagner 2017, arXiv:1608.04644, f₆ without its floor',
  minimumClasses: 2,
  value(logits, goal) {
    const { up, down } = ends(logits, goal);
    return logits[up] - logits[down];
  },
  cotangent(logits, goal) {
    const { up, down } = ends(logits, goal);
    const cotangent = new Float32Array(logits.length);
    cotangent[up] = 1;
    cotangent[down] = -1;
    return cotangent;
  },
  graph: {
    rows: 1,
    encode: (goal, classes) => [signedMask(goal, classes)],
    build(graph, logits, [signed], classes) {
      const far = graph.scalar(1e30);
      const one = graph.scalar(1);
      const mask = graph.op('Abs', [signed]);
      // Ties go to the lowest index, as in `ends`.
      const top = (allowed: string) =>
        graph.oneHotOfLargest(
          graph.op('Sub', [logits, graph.op('Mul', [graph.op('Sub', [one, allowed]), far])]),
          classes,
        );
      const inside = top(mask);
      const outside = top(graph.op('Sub', [one, mask]));
      // Zero for rows that use another loss.
      const sign = graph.op('Sign', [graph.op('MatMul', [signed, graph.ones(classes)])]);
      const cotangent = graph.op('Mul', [sign, graph.op('Sub', [outside, inside])]);
      const value = graph.op('MatMul', [graph.op('Mul', [cotangent, logits]), graph.ones(classes)]);
      return { value, cotangent };
    },
  },
});
