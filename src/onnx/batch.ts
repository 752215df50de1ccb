/** Makes the batch of a graph free, and makes sure that examples of one batch never meet. */
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import { mixedExamples } from './batch-mixing.ts';
import { BATCH, describeDims, hasFactor } from './dim.ts';
import type { Dim, Graph, Node, ValueInfo } from './graph.ts';
import { copyGraph, elementCount, GraphBuilder, nodeLabel } from './graph.ts';
import type { ShapeAnalysis } from './shapes.ts';
import { analyseShapes } from './shapes.ts';

/** The input with its batch named N, from a name of its own or from a fixed number. */
function renameBatch(value: ValueInfo, batch: Dim): ValueInfo {
  if (value.dims[0] === BATCH || value.dims[0] !== batch) return value;
  const dims = value.dims.map((dim, axis) => (axis === 0 ? BATCH : dim === BATCH ? `${BATCH}_${axis}` : dim));
  return { ...value, dims };
}

/**
 * The axis of a Reshape's output that takes over the batch: examples lie one after another in memory, so it is the one that
 * as many elements precede as precede the batch in the input.
 */
function batchAxis(input: readonly Dim[], axis: number, output: readonly number[]): number {
  const before = elementCount(input.slice(0, axis).map(Number));
  return output.findIndex((_, index) => elementCount(output.slice(0, index)) === before);
}

/** A Reshape whose target has the batch baked in, with a target that leaves it open; undefined where nothing needs to change. */
function freeReshape(node: Node, fixed: ShapeAnalysis, free: ShapeAnalysis, builder: GraphBuilder): Node | undefined {
  const [data, target] = node.inputs;
  const before = fixed.shapes.get(data)?.dims;
  const after = free.shapes.get(data)?.dims;
  const output = fixed.shapes.get(node.outputs[0])?.dims;
  const given = free.values.get(target ?? '')?.elements;
  if (node.op !== 'Reshape' || !before || !after || !output || !given?.every((size) => typeof size === 'number'))
    return undefined;
  const axis = after.findIndex((dim) => hasFactor(dim, BATCH));
  if (axis < 0 || !output.every((size) => typeof size === 'number')) return undefined;
  const open = batchAxis(before, axis, output);
  if (open < 0) return undefined;
  const copies =
    open === axis && after[axis] === BATCH && output[open] === before[axis] && node.attributes.allowzero !== 1;
  const sizes = output.with(open, copies ? 0 : -1);
  if (sizes.every((size, index) => size === given[index])) return undefined;
  return { ...node, inputs: [data, builder.shape(...sizes)] };
}

/** Opens the Reshapes one after another: what follows one depends on what it became. */
function freeReshapes(graph: Graph, fixed: ShapeAnalysis): Graph {
  const freed = copyGraph(graph);
  const builder = new GraphBuilder(freed);
  for (const [index, node] of freed.nodes.entries()) {
    if (node.op !== 'Reshape') continue;
    const upToHere = analyseShapes({ ...freed, nodes: freed.nodes.slice(0, index) });
    const replacement = freeReshape(node, fixed, upToHere, builder);
    if (replacement) freed.nodes[index] = replacement;
  }
  return freed;
}

const stuck = (batch: Dim, node: Node, reason: string): InputError =>
  new InputError(
    `The batch of ${batch} cannot be freed: ${nodeLabel(node)} ${reason}.`,
    'Export the model with a dynamic batch axis; until then it runs one example at a time.',
  );

/** Where the batch ends although the node's input had it. */
function firstLoss(graph: Graph, { shapes }: ShapeAnalysis): Node | undefined {
  const carries = (name: string) => shapes.get(name)?.dims.some((dim) => hasFactor(dim, BATCH)) ?? false;
  return graph.nodes.find(
    ({ op, inputs, outputs }) =>
      op !== 'Shape' &&
      op !== 'Size' &&
      inputs.some(carries) &&
      outputs.some((name) => shapes.has(name) && !carries(name)),
  );
}

function requireSeparateExamples(graph: Graph, analysis: ShapeAnalysis, batch: Dim): void {
  for (const node of graph.nodes) {
    const reason = mixedExamples(node, graph.opset, analysis);
    if (reason !== undefined && typeof batch === 'number') throw stuck(batch, node, reason);
    if (reason !== undefined)
      throw new InputError(
        `Images of one batch influence each other's scores: ${nodeLabel(node)} ${reason}.`,
        'Export the model with a batch of one, and it runs one example at a time.',
      );
  }
}

/**
 * The graph with its batch free and named 'N' in inputs and outputs. A baked-in batch is freed by opening the Reshapes that repeat it.
 *
 * @throws InputError naming the node where the batch cannot be freed, or where examples of one batch would influence each other
 */
export function freeBatch(graph: Graph): Graph {
  const batch = graph.inputs[0]?.dims[0];
  if (batch === undefined)
    throw new InputError('The model has no input with a batch axis.', 'Name a network that takes images.');
  const baked = typeof batch === 'number';
  const renamed = { ...graph, inputs: graph.inputs.map((value) => renameBatch(value, batch)) };
  const freed = baked ? freeReshapes(renamed, analyseShapes(graph)) : renamed;
  const analysis = analyseShapes(freed);
  requireSeparateExamples(freed, analysis, batch);
  const outputs = freed.outputs.map((output): ValueInfo => {
    const shape = analysis.shapes.get(output.name);
    if (shape === undefined && !baked) return renameBatch(output, output.dims[0]);
    if (shape?.dims[0] === BATCH) return { name: output.name, type: shape.type, dims: shape.dims };
    const culprit = shape
      ? firstLoss(freed, analysis)
      : freed.nodes.find(({ outputs: [name] }) => !analysis.shapes.has(name));
    if (culprit && shape === undefined)
      throw stuck(batch, culprit, 'is not known well enough to tell what becomes of the batch');
    if (culprit)
      throw stuck(
        batch,
        culprit,
        `makes ${describeDims(analysis.shapes.get(culprit.outputs[0])?.dims ?? [])} of it, without the batch`,
      );
    throw new InputError(
      `The output ${quote(output.name)} has shape ${describeDims(shape?.dims ?? [])}: it does not begin with the batch.`,
      'Export the model so that its scores have one row per image.',
    );
  });
  return { ...freed, outputs };
}
