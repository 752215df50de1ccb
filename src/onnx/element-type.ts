/** ONNX's numbers for element types (TensorProto.DataType), as they stand in files and in Cast's `to`. */
import type { ElementType, Tensor, TensorData } from './graph.ts';

const ELEMENT_TYPES = [
  'float32',
  'float64',
  'float16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint64',
  'uint32',
  'uint16',
  'uint8',
  'bool',
] as const satisfies ElementType[];

const CODES: Record<ElementType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

const TYPES: ReadonlyMap<number, ElementType> = new Map(ELEMENT_TYPES.map((type) => [CODES[type], type]));

export const elementTypeCode = (type: ElementType): number => CODES[type];

/** Undefined for the types that the graph cannot hold: text, complex, bfloat16, 8-bit floats and 4-bit integers. */
export const elementTypeOf = (code: number): ElementType | undefined => TYPES.get(code);

type ArrayConstructor = new (buffer: ArrayBuffer) => TensorData;

const ARRAYS: Record<ElementType, ArrayConstructor & { BYTES_PER_ELEMENT: number }> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

export const bytesPerElement = (type: ElementType): number => ARRAYS[type].BYTES_PER_ELEMENT;

/** Elements from little-endian bytes at the start of a buffer of their own. */
export const elementsFromBytes = (type: ElementType, buffer: ArrayBuffer): TensorData => new ARRAYS[type](buffer);

export const isInteger = (type: ElementType): boolean => /^u?int/.test(type);

/** A tensor of any type but float16 from plain numbers. */
export function tensorOf(type: ElementType, dims: number[], elements: ArrayLike<number>): Tensor {
  const data = new ARRAYS[type](new ArrayBuffer(elements.length * bytesPerElement(type)));
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    for (let index = 0; index < data.length; index++) data[index] = BigInt(elements[index]);
  else data.set(elements);
  return { type, dims, data };
}
