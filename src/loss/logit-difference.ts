/** The difference of two logits, whose gradient is the normal of the boundary between two classes. */
import type { Goal } from '../plugin/goal.ts';
import { defineLoss } from '../plugin/loss.ts';

/** z_t − z_y for reaching t from y; −Σ_{i∈S} z_i for leaving S. */
function weights(goal: Goal, classes: number): Float32Array {
  const row = new Float32Array(classes);
  if (goal.kind === 'reach') {
    row[goal.target] += 1;
    row[goal.from] -= 1;
  } else for (const index of goal.classes) row[index] = -1;
  return row;
}

export default defineLoss({
  name: 'logit-difference',
  title: 'Difference of logits, z_t − z_y',
  reference: 'Croce & Hein 2020, arXiv:1907.02044 (FAB)',
  minimumClasses: 2,
  value: (logits, goal) => weights(goal, logits.length).reduce((sum, weight, i) => sum + weight * logits[i], 0),
  cotangent: (logits, goal) => weights(goal, logits.length),
  graph: {
    rows: 1,
    encode: (goal, classes) => [weights(goal, classes)],
    build: (graph, logits, [row], classes) => ({
      value: graph.op('MatMul', [graph.op('Mul', [row, logits]), graph.ones(classes)]),
      cotangent: row,
    }),
  },
});
