/** The protobuf messages of ONNX: the only file that knows which library encodes them. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from 'onnx-buf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';

export type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto };
export {
  AttributeProto_AttributeType as AttributeKind,
  AttributeProtoSchema,
  create,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema as DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema as TensorTypeSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
};

/** @throws RangeError or Error of the library where the bytes are no protobuf message */
export const decodeModel = (bytes: Uint8Array): ModelProto => fromBinary(ModelProtoSchema, bytes);

export const encodeModel = (model: ModelProto): Uint8Array => toBinary(ModelProtoSchema, model);
