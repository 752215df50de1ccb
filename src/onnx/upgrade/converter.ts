/** What an upgrade step is given: one node of an older operator set, to be said in the words of opset 18. */
import type { Attribute, GraphBuilder, Node } from '../graph.ts';
import type { ShapeAnalysis } from '../shapes.ts';

export interface Upgrade {
  node: Node;
  /** Version of the standard operator set the node was written for. */
  opset: number;
  /** Nodes that must come before go here. */
  builder: GraphBuilder;
  analysis: ShapeAnalysis;
  /** Names of all values that a node or the graph's outputs read. */
  used: ReadonlySet<string>;
}

/** The node in the words of opset 18, or why there are none. */
export type Converter = (upgrade: Upgrade) => Node | string;

export function without(attributes: Record<string, Attribute>, ...names: string[]): Record<string, Attribute> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

/** Input names with `name` at `index`, absent ones before it left empty. */
export function withInput(inputs: readonly string[], index: number, name: string): string[] {
  const result = Array.from({ length: Math.max(inputs.length, index + 1) }, (_, i) => inputs[i] ?? '');
  result[index] = name;
  return result;
}

/** Moves a list of integers from an attribute, where it is given, to an input. */
export function attributeToInput({ node, builder }: Upgrade, attribute: string, index: number): Node {
  const value = node.attributes[attribute];
  const attributes = without(node.attributes, attribute);
  if (!Array.isArray(value)) return { ...node, attributes };
  return { ...node, inputs: withInput(node.inputs, index, builder.shape(...value.map(Number))), attributes };
}
