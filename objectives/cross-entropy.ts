/** The loss that most objectives are made of. */
import type { GraphWriter } from 'proofhouse/plugin';

/** −Σ q log softmax(z) of each row, [N, 1], for labels q [N, K]. */
export function crossEntropy(graph: GraphWriter, logits: string, labels: string, classes: number): string {
  const logarithms = graph.op('LogSoftmax', [logits], { axis: -1 });
  return graph.op('Neg', [graph.op('MatMul', [graph.op('Mul', [labels, logarithms]), graph.ones(classes)])]);
}

/** KL(softmax(z) ‖ softmax(z')) of each row, [N, 1]. Its gradient flows to both. */
export function divergence(graph: GraphWriter, from: string, to: string, classes: number): string {
  const difference = graph.op('Sub', [
    graph.op('LogSoftmax', [from], { axis: -1 }),
    graph.op('LogSoftmax', [to], { axis: -1 }),
  ]);
  return graph.op('MatMul', [
    graph.op('Mul', [graph.op('Softmax', [from], { axis: -1 }), difference]),
    graph.ones(classes),
  ]);
}
