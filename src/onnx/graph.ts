/**
 * The graph intermediate representation: a small, plain picture of an ONNX model that the rest of `onnx/` reads,
 * rewrites and differentiates. It mirrors ONNX (values are named, nodes list their inputs and outputs in order, an
 * empty name is an absent optional input) so that nothing is lost between reading and writing.
 */

import { quote } from '../quote.ts';

export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool';

export type TensorData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

/** A constant. `float16` data are the raw bits in a Uint16Array; `bool` data are 0/1 in a Uint8Array. */
export interface Tensor {
  type: ElementType;
  dims: number[];
  data: TensorData;
}

export type Attribute = number | string | number[] | string[] | Tensor | Graph | Uint8Array;

export interface Node {
  op: string;
  /** '' is the standard ONNX domain. */
  domain: string;
  /** The node's own name in the file; may be ''. */
  name: string;
  inputs: string[];
  outputs: string[];
  attributes: Record<string, Attribute>;
  /**
   * Attributes that the file stores as floating point, where ONNX's standard does not already say so: plain numbers do not
   * tell 1 from 1.0, and a runtime refuses the wrong kind.
   */
  floatAttributes?: string[];
}

/** A dimension is a size, or a name where it is free ('N'). */
export type Dim = number | string;

export interface ValueInfo {
  name: string;
  type: ElementType;
  dims: Dim[];
  /** What the file leaves open, as it may for outputs and in subgraphs: the shape ('dims' is then empty), or type and shape. */
  undeclared?: 'shape' | 'type';
}

export interface Graph {
  name: string;
  /** Version of the standard operator set. */
  opset: number;
  /** What wrote the file, e.g. 'pytorch 1.8'; '' if it does not say. */
  producer: string;
  /** Files beside the model that hold weights of it. */
  weightFiles?: string[];
  /** Version of the file format itself. */
  irVersion: number;
  /** Versions of other imported domains. */
  domains: Record<string, number>;
  /** In topological order, as ONNX requires. */
  nodes: Node[];
  initializers: Map<string, Tensor>;
  /** Graph inputs that are not initializers. */
  inputs: ValueInfo[];
  outputs: ValueInfo[];
}

export const tensor = {
  float32: (dims: number[], data: ArrayLike<number>): Tensor => ({
    type: 'float32',
    dims,
    data: data instanceof Float32Array ? data : Float32Array.from(data),
  }),
  int64: (dims: number[], data: readonly number[]): Tensor => ({
    type: 'int64',
    dims,
    data: BigInt64Array.from(data, BigInt),
  }),
  scalar: (value: number): Tensor => ({ type: 'float32', dims: [], data: Float32Array.of(value) }),
};

/** A graph to build on; `opset` is the standard operator set's version. */
export const emptyGraph = (name: string, opset = 18): Graph => ({
  name,
  opset,
  producer: 'Proofhouse',
  irVersion: 8,
  domains: {},
  nodes: [],
  initializers: new Map(),
  inputs: [],
  outputs: [],
});

/** How messages name a node: its operator and its name, or its output where it has none. Quoted, since names are the file's own text. */
export const nodeLabel = (node: Node): string =>
  node.name === ''
    ? `${quote(node.op)} node with output ${quote(node.outputs[0] ?? '')}`
    : `${quote(node.op)} node ${quote(node.name)}`;

export const elementCount = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/** A shallow copy whose lists can be changed without touching the original; tensors are shared. */
export const copyGraph = (graph: Graph): Graph => ({
  ...graph,
  domains: { ...graph.domains },
  nodes: graph.nodes.map((node) => ({
    ...node,
    inputs: [...node.inputs],
    outputs: [...node.outputs],
    attributes: { ...node.attributes },
  })),
  initializers: new Map(graph.initializers),
  inputs: graph.inputs.map((value) => ({ ...value, dims: [...value.dims] })),
  outputs: graph.outputs.map((value) => ({ ...value, dims: [...value.dims] })),
});

/** Appends nodes to a graph under fresh names; what gradient rules and losses write their operators with. */
export class GraphBuilder {
  readonly graph: Graph;
  #taken: Set<string>;
  #next = 0;

  constructor(graph: Graph) {
    this.graph = graph;
    this.#taken = new Set(graph.initializers.keys());
    for (const { name } of graph.inputs) this.#taken.add(name);
    for (const node of graph.nodes) for (const output of node.outputs) this.#taken.add(output);
  }

  /** A value name nobody uses yet, beginning with `hint`. */
  fresh(hint: string): string {
    let name: string;
    do name = `${hint}_ph${this.#next++}`;
    while (this.#taken.has(name));
    this.#taken.add(name);
    return name;
  }

  /** Appends one single-output node and returns the name of its output. */
  op(op: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    return this.ops(op, inputs, 1, attributes)[0];
  }

  /** Appends one node with `count` outputs and returns their names. */
  ops(op: string, inputs: readonly string[], count: number, attributes: Record<string, Attribute> = {}): string[] {
    const outputs = Array.from({ length: count }, () => this.fresh(op));
    this.graph.nodes.push({ op, domain: '', name: outputs[0], inputs: [...inputs], outputs, attributes });
    return outputs;
  }

  constant(value: Tensor, hint = 'constant'): string {
    const name = this.fresh(hint);
    this.graph.initializers.set(name, value);
    return name;
  }

  scalar(value: number): string {
    return this.constant(tensor.scalar(value), 'scalar');
  }

  shape(...dims: number[]): string {
    return this.constant(tensor.int64([dims.length], dims), 'shape');
  }

  input(name: string, type: ElementType, dims: Dim[]): string {
    this.#taken.add(name);
    this.graph.inputs.push({ name, type, dims });
    return name;
  }
}
