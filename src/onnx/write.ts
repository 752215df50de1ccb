/** Writes a graph as an ONNX file. */
import { isFloatAttribute } from './attributes.ts';
import { elementTypeCode } from './element-type.ts';
import type { Attribute, Graph, Node, Tensor, TensorData, ValueInfo } from './graph.ts';
import type { AttributeProto, GraphProto, TensorProto, ValueInfoProto } from './proto.ts';
import {
  AttributeKind,
  AttributeProtoSchema,
  create,
  DimensionSchema,
  encodeModel,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProtoSchema,
  TensorShapeProtoSchema,
  TensorTypeSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from './proto.ts';

/** The first version of the format in which an initializer need not be an input too. */
const INITIALIZERS_ALONE = 4;

/** The tensor's own memory where possible: weights can be large. */
function bytesOf({ buffer, byteOffset, byteLength }: TensorData): Uint8Array<ArrayBuffer> {
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer, byteOffset, byteLength);
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}

function tensorProto({ type, dims, data }: Tensor, name = ''): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: elementTypeCode(type),
    dims: dims.map(BigInt),
    rawData: bytesOf(data),
  });
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Numbers are stored as integers only where that loses nothing. */
function isFloat(node: Node, name: string, values: readonly number[]): boolean {
  return isFloatAttribute(node, name) || values.some((value) => !Number.isSafeInteger(value));
}

function attributeProto(node: Node, name: string, value: Attribute): AttributeProto {
  if (typeof value === 'number')
    return isFloat(node, name, [value])
      ? create(AttributeProtoSchema, { name, type: AttributeKind.FLOAT, f: value })
      : create(AttributeProtoSchema, { name, type: AttributeKind.INT, i: BigInt(value) });
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: AttributeKind.STRING, s: utf8(value) });
  if (value instanceof Uint8Array)
    return create(AttributeProtoSchema, { name, type: AttributeKind.STRING, s: new Uint8Array(value) });
  if (Array.isArray(value)) {
    const texts = value.filter((item) => typeof item === 'string');
    if (texts.length > 0)
      return create(AttributeProtoSchema, { name, type: AttributeKind.STRINGS, strings: texts.map(utf8) });
    const numbers = value.map(Number);
    return isFloat(node, name, numbers)
      ? create(AttributeProtoSchema, { name, type: AttributeKind.FLOATS, floats: numbers })
      : create(AttributeProtoSchema, { name, type: AttributeKind.INTS, ints: numbers.map(BigInt) });
  }
  if ('nodes' in value) return create(AttributeProtoSchema, { name, type: AttributeKind.GRAPH, g: graphProto(value) });
  return create(AttributeProtoSchema, { name, type: AttributeKind.TENSOR, t: tensorProto(value) });
}

function valueProto({ name, type, dims, undeclared }: ValueInfo): ValueInfoProto {
  if (undeclared === 'type') return create(ValueInfoProtoSchema, { name });
  const dim = dims.map((size) =>
    create(DimensionSchema, {
      value: typeof size === 'number' ? { case: 'dimValue', value: BigInt(size) } : { case: 'dimParam', value: size },
    }),
  );
  const shape = undeclared === 'shape' ? {} : { shape: create(TensorShapeProtoSchema, { dim }) };
  const value = create(TensorTypeSchema, { elemType: elementTypeCode(type), ...shape });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value } }),
  });
}

function graphProto(graph: Graph): GraphProto {
  return create(GraphProtoSchema, {
    name: graph.name,
    node: graph.nodes.map((node) =>
      create(NodeProtoSchema, {
        opType: node.op,
        domain: node.domain,
        name: node.name,
        input: node.inputs,
        output: node.outputs,
        attribute: Object.entries(node.attributes).map(([name, value]) => attributeProto(node, name, value)),
      }),
    ),
    initializer: [...graph.initializers].map(([name, value]) => tensorProto(value, name)),
    input: graph.inputs.map(valueProto),
    output: graph.outputs.map(valueProto),
  });
}

/** The bytes of an ONNX file, weights included; the same graph gives the same bytes. */
export function writeModel(graph: Graph): Uint8Array {
  const imports: [string, number][] = [['', graph.opset], ...Object.entries(graph.domains)];
  return encodeModel(
    create(ModelProtoSchema, {
      irVersion: BigInt(Math.max(graph.irVersion, INITIALIZERS_ALONE)),
      producerName: graph.producer,
      opsetImport: imports.map(([domain, version]) =>
        create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
      ),
      graph: graphProto(graph),
    }),
  );
}
