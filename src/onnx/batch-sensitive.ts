/**
 * Operators whose results for one example depend, in their last bits or more, on where it stands in its batch: ONNX Runtime computes
 * them over the whole tensor in vector-sized pieces, whose edges take another path. Measured on ONNX Runtime 1.30, CPU.
 * A network that has one is run one example at a time.
 */
import { numbersAttribute } from './attributes.ts';
import { product } from './dim.ts';
import type { Graph, Node } from './graph.ts';
import { analyseShapes, type ShapeAnalysis } from './shapes.ts';

/** Element-wise functions without a vector kernel of their own, and quantisation with one scale for the whole batch. */
const ALWAYS = new Set(['Log', 'Softplus', 'Elu', 'Selu', 'Mish', 'LRN', 'Sin', 'Cos', 'DynamicQuantizeLinear']);

/** Sums and normalisations that are exact in place only where each example fills whole vectors of four. */
const UNALIGNED = new Set(['InstanceNormalization', 'GroupNormalization']);
const REDUCTIONS = new Set(['ReduceSum', 'ReduceMean']);

function perExample(name: string, { shapes }: ShapeAnalysis): number | undefined {
  const elements = product(shapes.get(name)?.dims.slice(1) ?? ['unknown']);
  return typeof elements === 'number' ? elements : undefined;
}

function reducesTrailingAxes(node: Node, analysis: ShapeAnalysis): boolean {
  const rank = analysis.shapes.get(node.inputs[0])?.dims.length;
  const axes = numbersAttribute(node, 'axes') ?? analysis.values.get(node.inputs[1] ?? '')?.elements.map(Number);
  if (rank === undefined || axes === undefined) return false;
  const reduced = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  return Array.from({ length: reduced.size }, (_, i) => rank - 1 - i).every((axis) => reduced.has(axis));
}

function isSensitive(node: Node, analysis: ShapeAnalysis): boolean {
  if (node.domain !== '') return false;
  if (ALWAYS.has(node.op)) return true;
  if (!UNALIGNED.has(node.op) && !REDUCTIONS.has(node.op)) return false;
  const elements = perExample(node.inputs[0], analysis);
  const aligned = elements !== undefined && elements % 4 === 0;
  return !aligned || (REDUCTIONS.has(node.op) && !reducesTrailingAxes(node, analysis));
}

/** The nodes of a graph, best folded, whose rows depend on their batch. */
export function batchSensitiveNodes(graph: Graph): Node[] {
  const analysis = analyseShapes(graph);
  return graph.nodes.filter((node) => isSensitive(node, analysis));
}
