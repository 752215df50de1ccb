/** A protobuf tensor into ours: whichever of the format's many places its elements are in. */
import { InputError } from '../../errors.ts';
import { describeDims } from '../dim.ts';
import { bytesPerElement, elementsFromBytes, elementTypeOf } from '../element-type.ts';
import type { ElementType, Tensor, TensorData } from '../graph.ts';
import { elementCount } from '../graph.ts';
import type { TensorProto } from '../proto.ts';
import { DataLocation } from '../proto.ts';
import type { ExternalData } from './external-data.ts';

/** Elements from the typed fields, where the format stores small integers and the bits of half floats as int32. */
const FIELDS: Record<ElementType, (proto: TensorProto) => TensorData> = {
  float32: ({ floatData }) => Float32Array.from(floatData),
  float64: ({ doubleData }) => Float64Array.from(doubleData),
  float16: ({ int32Data }) => Uint16Array.from(int32Data),
  int64: ({ int64Data }) => BigInt64Array.from(int64Data),
  int32: ({ int32Data }) => Int32Array.from(int32Data),
  int16: ({ int32Data }) => Int16Array.from(int32Data),
  int8: ({ int32Data }) => Int8Array.from(int32Data),
  uint64: ({ uint64Data }) => BigUint64Array.from(uint64Data),
  uint32: ({ uint64Data }) => Uint32Array.from(uint64Data, Number),
  uint16: ({ int32Data }) => Uint16Array.from(int32Data),
  uint8: ({ int32Data }) => Uint8Array.from(int32Data),
  bool: ({ int32Data }) => Uint8Array.from(int32Data),
};

/**
 * @param what how messages name it: 'initializer "conv1.weight"'
 * @throws InputError where its type cannot be held or its elements do not fill its shape
 */
export async function readTensor(proto: TensorProto, what: string, external: ExternalData): Promise<Tensor> {
  const type = elementTypeOf(proto.dataType);
  if (type === undefined)
    throw new InputError(
      `${what} has element type ${proto.dataType} (ONNX's numbering), which Proofhouse cannot read.`,
      'Export the model with float32, float64, float16 or 8-bit to 64-bit integer weights.',
    );
  const dims = proto.dims.map(Number);
  const count = elementCount(dims);
  if (dims.some((dim) => dim < 0) || !Number.isSafeInteger(count))
    throw new InputError(`${what} has an impossible shape, ${describeDims(dims)}.`);
  const isExternal = proto.dataLocation === DataLocation.EXTERNAL;
  const bytes = isExternal ? await external.read(proto) : proto.rawData;
  if (bytes.length > 0 || isExternal) {
    if (bytes.length !== count * bytesPerElement(type))
      throw new InputError(
        `${what} has ${bytes.length} bytes, but ${describeDims(dims)} of ${type} needs ${count * bytesPerElement(type)}.`,
        'The file is damaged; copy or export it again.',
      );
    // A copy: the library's view starts at an arbitrary offset, and typed arrays need an aligned one.
    return { type, dims, data: elementsFromBytes(type, new Uint8Array(bytes).buffer) };
  }
  const data = FIELDS[type](proto);
  if (data.length !== count)
    throw new InputError(
      `${what} has ${data.length} values, but its shape ${describeDims(dims)} needs ${count}.`,
      'The file is damaged; copy or export it again.',
    );
  return { type, dims, data };
}
