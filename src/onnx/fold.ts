/**
 * Constant folding. Shape arithmetic (Shape → Gather → Concat → Reshape) becomes constants even while the batch is a name, and
 * operators on weights alone are computed once, so that what is left is the differentiable network itself.
 */
import { evaluate } from './constants.ts';
import { tensorOf } from './element-type.ts';
import type { Dim, Graph, Node } from './graph.ts';
import { copyGraph, GraphBuilder } from './graph.ts';
import { withoutUnused } from './order.ts';
import type { ShapeAnalysis } from './shapes.ts';
import { analyseShapes } from './shapes.ts';

/** "To the end" in a Slice, whatever the size. */
const END = Number.MAX_SAFE_INTEGER;

/** A Reshape target without names: 0 copies the batch where it stays in place, −1 stands for what is left. */
function constantTarget(target: readonly Dim[], data: readonly Dim[], allowZero: boolean): number[] | undefined {
  let open = target.includes(-1);
  const sizes = target.map((size, axis): number | undefined => {
    if (typeof size === 'number') return size;
    if (!allowZero && size === data[axis]) return 0;
    if (open) return undefined;
    open = true;
    return -1;
  });
  return sizes.every((size) => size !== undefined) ? sizes : undefined;
}

/** An Expand target without names: 1 keeps an axis that already has the size. */
function constantExpansion(target: readonly Dim[], data: readonly Dim[]): number[] | undefined {
  const sizes = target.map((size, axis) => {
    if (typeof size === 'number') return size;
    return size === data[axis + data.length - target.length] ? 1 : undefined;
  });
  return sizes.every((size) => size !== undefined) ? sizes : undefined;
}

/** The same operator with its sizes as constants, if names can be avoided. */
function settleSizes(node: Node, analysis: ShapeAnalysis, builder: GraphBuilder, opset: number): Node {
  const dims = analysis.shapes.get(node.inputs[0])?.dims;
  const sizes = (index: number) => analysis.values.get(node.inputs[index] ?? '')?.elements;
  const withInput = (index: number, values: number[] | undefined): Node =>
    values ? { ...node, inputs: node.inputs.with(index, builder.shape(...values)) } : node;
  const hasName = (index: number) => sizes(index)?.some((size) => typeof size === 'string') ?? false;
  if (dims === undefined) return node;
  if (node.op === 'Reshape' && hasName(1))
    return withInput(1, constantTarget(sizes(1) ?? [], dims, node.attributes.allowzero === 1));
  if (node.op === 'Expand' && hasName(1)) return withInput(1, constantExpansion(sizes(1) ?? [], dims));
  if (node.op === 'Slice' && opset >= 10 && hasName(2)) {
    const axes = sizes(3) ?? dims.map((_, axis) => axis);
    const ends = (sizes(2) ?? []).map((end, index) => (end === dims.at(Number(axes[index])) ? END : end));
    return withInput(2, ends.every((end) => typeof end === 'number') ? ends : undefined);
  }
  if (node.op === 'Resize' && opset >= 18 && hasName(3) && node.attributes.axes === undefined) {
    const axes = dims.map((_, axis) => axis).filter((axis) => typeof sizes(3)?.[axis] === 'number');
    if (!(sizes(3) ?? []).every((size, axis) => typeof size === 'number' || size === dims[axis])) return node;
    const settled = withInput(
      3,
      axes.map((axis) => Number(sizes(3)?.[axis])),
    );
    return { ...settled, attributes: { ...node.attributes, axes } };
  }
  return node;
}

/**
 * The same network with everything computed that does not depend on the image, and without what no output needs.
 *
 * @throws InputError where shapes contradict each other
 */
export function fold(graph: Graph): Graph {
  const analysis = analyseShapes(graph);
  const folded = copyGraph(graph);
  const builder = new GraphBuilder(folded);
  const nodes = folded.nodes;
  folded.nodes = [];
  for (const node of nodes) {
    const value = node.outputs.length === 1 ? analysis.values.get(node.outputs[0]) : undefined;
    const type = analysis.shapes.get(node.outputs[0])?.type;
    if (value && type && value.elements.every((element) => typeof element === 'number')) {
      folded.initializers.set(node.outputs[0], tensorOf(type, value.dims, value.elements));
      continue;
    }
    const settled = settleSizes(node, analysis, builder, graph.opset);
    const constant = evaluate(settled, graph.opset, folded.initializers);
    if (constant) folded.initializers.set(node.outputs[0], constant);
    else folded.nodes.push(settled);
  }
  return withoutUnused(folded);
}
