/**
 * Static shape inference. A dimension that is a name ('N', the batch) is carried through every operator, and so are the values
 * that shape arithmetic computes, since Reshape, Expand and Slice take their sizes from them.
 */
import { InputError } from '../errors.ts';
import type { Dim, ElementType, Graph, Node } from './graph.ts';
import { convolutions } from './shapes/convolution.ts';
import { elementwise } from './shapes/elementwise.ts';
import { indexing } from './shapes/indexing.ts';
import { products } from './shapes/linear.ts';
import { normalisations } from './shapes/normalisation.ts';
import { pools } from './shapes/pooling.ts';
import { quantisation } from './shapes/quantisation.ts';
import { reductions } from './shapes/reduction.ts';
import { reshapes } from './shapes/reshaping.ts';
import type { KnownValue, Shape, ShapeRules } from './shapes/rule.ts';
import { ShapeQuery } from './shapes/rule.ts';
import { knownOutput, knownTensor } from './shapes/values.ts';

const RULES: ShapeRules = {
  ...elementwise,
  ...convolutions,
  ...pools,
  ...products,
  ...normalisations,
  ...reductions,
  ...reshapes,
  ...indexing,
  ...quantisation,
};

/** Shapes of a node's outputs; empty for an operator that has no rule. */
export const outputShapes = (query: ShapeQuery): (Shape | undefined)[] =>
  query.node.domain === '' && Object.hasOwn(RULES, query.node.op) ? RULES[query.node.op](query) : [];

export interface ShapeAnalysis {
  shapes: Map<string, { type: ElementType; dims: Dim[] }>;
  /** Elements of small tensors that do not depend on the image; they may hold names. */
  values: Map<string, KnownValue>;
}

/**
 * Shapes of all values, and the elements of those that are known.
 *
 * @param onContradiction told of a node whose inputs do not fit, instead of throwing; its outputs are left out
 * @throws InputError naming the node and both numbers where shapes contradict each other
 */
export function analyseShapes(graph: Graph, onContradiction?: (node: Node, error: InputError) => void): ShapeAnalysis {
  const shapes = new Map<string, Shape>();
  const values = new Map<string, KnownValue>();
  for (const [name, value] of graph.initializers) {
    shapes.set(name, { type: value.type, dims: value.dims });
    const known = knownTensor(value);
    if (known) values.set(name, known);
  }
  for (const { name, type, dims } of graph.inputs) shapes.set(name, { type, dims });
  for (const node of graph.nodes) {
    if (node.inputs.some((name) => name !== '' && !shapes.has(name))) continue;
    const query = new ShapeQuery(node, graph.opset, shapes, values, graph.initializers);
    let outputs: (Shape | undefined)[];
    try {
      outputs = outputShapes(query);
    } catch (error) {
      if (onContradiction === undefined || !(error instanceof InputError)) throw error;
      onContradiction(node, error);
      continue;
    }
    for (const [index, name] of node.outputs.entries()) {
      const shape = outputs[index];
      if (shape !== undefined && name !== '') shapes.set(name, shape);
    }
    const value = outputs[0] && node.outputs.length === 1 ? knownOutput(query, outputs[0]) : undefined;
    if (value) values.set(node.outputs[0], value);
  }
  return { shapes, values };
}

/**
 * Shapes of all values that can be told; outputs of operators it does not know are left out.
 *
 * @throws InputError naming the node and both numbers where shapes contradict each other
 */
export const inferShapes = (graph: Graph): Map<string, { type: ElementType; dims: Dim[] }> =>
  analyseShapes(graph).shapes;
