/** Cross-entropy on logits, with soft labels: leave classes S with q uniform on S; reach t with q on t and the sign turned. */

import type { Goal } from '../plugin/goal.ts';
import { defineLoss } from '../plugin/loss.ts';

/** s·q: positive mass on the classes to leave, negative on the class to reach. Sums to s = ±1. */
function signedLabels(goal: Goal, classes: number): Float32Array {
  const row = new Float32Array(classes);
  if (goal.kind === 'reach') row[goal.target] = -1;
  else for (const index of goal.classes) row[index] = 1 / goal.classes.length;
  return row;
}

function logSumExp(logits: Float32Array): number {
  let largest = -Infinity;
  for (const value of logits) largest = Math.max(largest, value);
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}

export default defineLoss({
  name: 'cross-entropy',
  title: 'Cross-entropy, −Σ q log softmax(z)',
  reference: 'Goodfellow et al. 2015, arXiv:1412.6572',
  minimumClasses: 2,
  value(logits, goal) {
    const labels = signedLabels(goal, logits.length);
    const normaliser = logSumExp(logits);
    return labels.reduce((sum, q, i) => sum + q * (normaliser - logits[i]), 0);
  },
  cotangent(logits, goal) {
    const labels = signedLabels(goal, logits.length);
    const sign = goal.kind === 'leave' ? 1 : -1;
    const normaliser = logSumExp(logits);
    return labels.map((q, i) => sign * Math.exp(logits[i] - normaliser) - q);
  },
  graph: {
    rows: 1,
    encode: (goal, classes) => [signedLabels(goal, classes)],
    build(graph, logits, [labels], classes) {
      // MatMul by ones instead of ReduceSum, whose bits depend on the batch.
      const sum = (x: string) => graph.op('MatMul', [x, graph.ones(classes)]);
      const value = graph.op('Neg', [sum(graph.op('Mul', [labels, graph.op('LogSoftmax', [logits], { axis: -1 })]))]);
      const probabilities = graph.op('Softmax', [logits], { axis: -1 });
      const cotangent = graph.op('Sub', [graph.op('Mul', [sum(labels), probabilities]), labels]);
      return { value, cotangent };
    },
  },
});
