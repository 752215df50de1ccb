/** Finds operators that would let examples of one batch influence each other, which a file exported with a batch of one cannot show. */
import { numberAttribute, numbersAttribute } from './attributes.ts';
import { BATCH, hasFactor } from './dim.ts';
import type { Dim, Node } from './graph.ts';
import type { ShapeAnalysis } from './shapes.ts';

interface Question {
  node: Node;
  opset: number;
  rank: number;
  /** Axes of the first input that hold the batch. */
  batch: number[];
  dims: (index: number) => readonly Dim[];
  numbers: (index: number) => number[] | undefined;
}

const positive = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Whether the operator works along one of the batch's axes. */
type Mixes = (question: Question) => boolean;

const alongAxis =
  (fallback: number): Mixes =>
  ({ node, rank, batch }) =>
    batch.includes(positive(numberAttribute(node, 'axis', fallback), rank));

/** Before opset 13 these worked on everything from `axis` on. */
const softmax: Mixes = (question) => {
  if (question.opset >= 13) return alongAxis(-1)(question);
  const first = positive(numberAttribute(question.node, 'axis', 1), question.rank);
  return question.batch.some((axis) => axis >= first);
};

const fromAxis: Mixes = ({ node, rank, batch }) => {
  const first = positive(numberAttribute(node, 'axis', -1), rank);
  return batch.some((axis) => axis >= first);
};

const reduction: Mixes = ({ node, rank, batch, numbers }) => {
  const named = numbers(1) ?? numbersAttribute(node, 'axes') ?? [];
  if (named.length === 0) return batch.length > 0 && numberAttribute(node, 'noop_with_empty_axes', 0) !== 1;
  return named.some((axis) => batch.includes(positive(axis, rank)));
};

const beyondFirstAxis: Mixes = ({ batch }) => batch.some((axis) => axis > 0);

const innerProduct: Mixes = ({ dims }) => {
  const [left, right] = [dims(0), dims(1)];
  return hasFactor(left[left.length - 1] ?? 1, BATCH) || hasFactor(right[Math.max(0, right.length - 2)] ?? 1, BATCH);
};

const gemm: Mixes = ({ node, dims }) =>
  hasFactor(dims(0)[node.attributes.transA === 1 ? 0 : 1] ?? 1, BATCH) ||
  hasFactor(dims(1)[node.attributes.transB === 1 ? 1 : 0] ?? 1, BATCH);

const named = (ops: string, mixes: Mixes): [string, Mixes][] => ops.split(' ').map((op) => [op, mixes]);

const MIXES: ReadonlyMap<string, Mixes> = new Map([
  ...named('Softmax LogSoftmax Hardmax', softmax),
  ...named('ArgMax ArgMin Gather GatherElements ScatterElements Concat', alongAxis(0)),
  ...named('TopK LpNormalization', alongAxis(-1)),
  ...named('LayerNormalization', fromAxis),
  ...named(
    'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare',
    reduction,
  ),
  ...named(
    'Conv ConvTranspose QLinearConv MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool BatchNormalization ' +
      'InstanceNormalization GroupNormalization LRN',
    beyondFirstAxis,
  ),
  ...named('MatMul MatMulInteger', innerProduct),
  ...named('Gemm', gemm),
  ...named('DynamicQuantizeLinear', () => true),
  ...named('MeanVarianceNormalization', ({ node }) => (numbersAttribute(node, 'axes') ?? [0]).includes(0)),
]);

/** Why the examples of a batch would not be independent, in words that follow the node's name; undefined where they are. */
export function mixedExamples(node: Node, opset: number, { shapes, values }: ShapeAnalysis): string | undefined {
  const dims = (index: number) => shapes.get(node.inputs[index] ?? '')?.dims ?? [];
  const made = node.outputs.flatMap((name) => shapes.get(name)?.dims ?? []);
  if (made.some((dim) => typeof dim === 'string' && !hasFactor(dim, BATCH) && /(^|[^\w])N([^\w]|$)/.test(dim)))
    return 'joins, cuts or pads along the batch';
  const carriers = node.inputs.map((_, index) => dims(index)).filter((own) => own.some((dim) => hasFactor(dim, BATCH)));
  const mixes = node.domain === '' ? MIXES.get(node.op) : undefined;
  if (carriers.length === 0 || mixes === undefined) return undefined;
  const first = dims(0);
  const batch = first.flatMap((dim, axis) => (hasFactor(dim, BATCH) ? [axis] : []));
  const numbers = (index: number) => values.get(node.inputs[index] ?? '')?.elements.map(Number);
  return mixes({ node, opset, rank: first.length, batch, dims, numbers }) ? 'works along the batch' : undefined;
}
