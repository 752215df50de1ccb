/** A protobuf graph into ours: Constant nodes become initializers, initializers leave the list of inputs, nodes are put in order. */
import { InputError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import { isFloatAttribute } from '../attributes.ts';
import { elementTypeOf } from '../element-type.ts';
import type { Attribute, Dim, Graph, Node, Tensor, ValueInfo } from '../graph.ts';
import { nodeLabel, tensor } from '../graph.ts';
import { inOrder } from '../order.ts';
import type { AttributeProto, GraphProto, NodeProto, ValueInfoProto } from '../proto.ts';
import { AttributeKind } from '../proto.ts';
import type { ExternalData } from './external-data.ts';
import { readTensor } from './tensor.ts';

/** What a graph takes from the file around it. */
export interface FileContext extends Pick<Graph, 'opset' | 'domains' | 'producer' | 'irVersion'> {
  external: ExternalData;
}

function text(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}

/** Integers beyond ±2⁵³ only ever mean "to the end", which 2⁵³ − 1 means as well. */
const integer = (value: bigint): number =>
  Math.min(Math.max(Number(value), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);

function plainAttribute(proto: AttributeProto): Attribute | undefined {
  if (proto.type === AttributeKind.FLOAT) return proto.f;
  if (proto.type === AttributeKind.INT) return integer(proto.i);
  if (proto.type === AttributeKind.STRING) return text(proto.s);
  if (proto.type === AttributeKind.FLOATS) return [...proto.floats];
  if (proto.type === AttributeKind.INTS) return proto.ints.map(integer);
  if (proto.type === AttributeKind.STRINGS) return proto.strings.map((bytes) => new TextDecoder().decode(bytes));
  return undefined;
}

async function readAttribute(proto: AttributeProto, node: Node, file: FileContext): Promise<Attribute> {
  const what = `${nodeLabel(node)}: attribute ${quote(proto.name)}`;
  if (proto.type === AttributeKind.TENSOR && proto.t) return readTensor(proto.t, what, file.external);
  if (proto.type === AttributeKind.GRAPH && proto.g) return readGraph(proto.g, file, true);
  const plain = plainAttribute(proto);
  if (plain === undefined)
    throw new InputError(`${what} is of a kind that Proofhouse cannot read (${proto.type} in ONNX's numbering).`);
  return plain;
}

async function readNode(proto: NodeProto, file: FileContext): Promise<Node> {
  const node: Node = {
    op: proto.opType,
    domain: proto.domain === 'ai.onnx' ? '' : proto.domain,
    name: proto.name,
    inputs: [...proto.input],
    outputs: [...proto.output],
    attributes: {},
  };
  const attributes: [string, Attribute][] = [];
  const floats: string[] = [];
  for (const attribute of proto.attribute) {
    attributes.push([attribute.name, await readAttribute(attribute, node, file)]);
    const isFloat = attribute.type === AttributeKind.FLOAT || attribute.type === AttributeKind.FLOATS;
    if (isFloat && !isFloatAttribute(node, attribute.name)) floats.push(attribute.name);
  }
  node.attributes = Object.fromEntries(attributes);
  if (floats.length > 0) node.floatAttributes = floats;
  return node;
}

/** The tensor of a Constant node in any of its notations; undefined where the graph cannot hold it (text). */
function constantOf({ attributes }: Node): Tensor | undefined {
  const { value, value_float: float, value_floats: floats, value_int: int, value_ints: ints } = attributes;
  if (typeof value === 'object' && 'data' in value) return value;
  if (typeof float === 'number') return tensor.scalar(float);
  if (Array.isArray(floats)) return tensor.float32([floats.length], floats.map(Number));
  if (typeof int === 'number') return tensor.int64([], [int]);
  if (Array.isArray(ints)) return tensor.int64([ints.length], ints.map(Number));
  return undefined;
}

function readValue(proto: ValueInfoProto, mayBeOpen: boolean): ValueInfo {
  const { name, type } = proto;
  const declared = type?.value;
  if (declared?.case !== undefined && declared.case !== 'tensorType')
    throw new InputError(
      `${quote(name)} is a ${declared.case.replace('Type', '')}, not a tensor.`,
      'Export the network alone, without steps that make lists or dictionaries of its scores.',
    );
  const elemType = declared?.value?.elemType ?? 0;
  const shape = declared?.value?.shape;
  const elementType = elementTypeOf(elemType);
  if (elementType === undefined) {
    if (mayBeOpen && elemType === 0) return { name, type: 'float32', dims: [], undeclared: 'type' };
    throw new InputError(
      `${quote(name)} has element type ${elemType} (ONNX's numbering), which Proofhouse cannot read.`,
    );
  }
  if (shape === undefined) return { name, type: elementType, dims: [], undeclared: 'shape' };
  const dims = shape.dim.map(({ value }, axis): Dim => {
    if (value.case === 'dimValue' && value.value > 0n) return Number(value.value);
    const given = value.case === 'dimParam' ? value.value : '';
    return given === '' ? (axis === 0 ? 'N' : `${name}_axis${axis}`) : given;
  });
  return { name, type: elementType, dims };
}

/**
 * @param nested a subgraph of If, Loop or Scan: it may use values from outside and leave types open
 * @throws InputError naming what cannot be read
 */
export async function readGraph(proto: GraphProto, file: FileContext, nested = false): Promise<Graph> {
  const { external, ...origin } = file;
  if (proto.sparseInitializer.length > 0)
    throw new InputError(
      'The model keeps weights as sparse tensors, which Proofhouse cannot read.',
      'Export it with dense weights.',
    );
  const initializers = new Map<string, Tensor>();
  for (const initializer of proto.initializer)
    initializers.set(
      initializer.name,
      await readTensor(initializer, `initializer ${quote(initializer.name)}`, external),
    );
  const nodes: Node[] = [];
  for (const nodeProto of proto.node) {
    const node = await readNode(nodeProto, file);
    const constant = node.op === 'Constant' && node.domain === '' ? constantOf(node) : undefined;
    if (constant) initializers.set(node.outputs[0], constant);
    else nodes.push(node);
  }
  const graph: Graph = {
    name: proto.name,
    ...origin,
    nodes,
    initializers,
    inputs: proto.input.filter(({ name }) => !initializers.has(name)).map((value) => readValue(value, nested)),
    outputs: proto.output.map((value) => readValue(value, true)),
  };
  return nested ? graph : { ...graph, nodes: inOrder(graph) };
}
