/** Constants as the rules read and rewrite them. */
import type { Tensor } from '../graph.ts';
import { elementCount, tensor } from '../graph.ts';

/** The elements of a constant as ordinary numbers. */
export const elementsOf = (value: Tensor): number[] => Array.from<number | bigint, number>(value.data, Number);

/** @throws Error when the constant is not float32, which the path's checks exclude */
export function float32Of({ data, type }: Tensor): Float32Array {
  if (!(data instanceof Float32Array)) throw new Error(`expected a float32 constant, got ${type}`);
  return data;
}

/** A possibly negative axis, counted from the front. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/**
 * The kernel of the adjoint of a stride-1 convolution: [M, C/g, …] becomes [C, M/g, …], channels transposed within each
 * group and every spatial axis reversed.
 */
export function flipKernel(kernel: Tensor, group: number): Tensor {
  const [outputs, inputs, ...spatial] = kernel.dims;
  const area = elementCount(spatial);
  const perGroup = outputs / group;
  const source = float32Of(kernel);
  const flipped = new Float32Array(source.length);
  for (let output = 0; output < outputs; output++) {
    const first = Math.floor(output / perGroup) * inputs;
    for (let input = 0; input < inputs; input++) {
      const from = (output * inputs + input) * area;
      // Reversing the flattened spatial axes reverses each of them.
      const to = ((first + input) * perGroup + (output % perGroup) + 1) * area - 1;
      for (let place = 0; place < area; place++) flipped[to - place] = source[from + place];
    }
  }
  return tensor.float32([inputs * group, perGroup, ...spatial], flipped);
}

/** The last two axes exchanged. */
export function transposeMatrix(matrix: Tensor): Tensor {
  const [rows, columns] = matrix.dims.slice(-2);
  const source = float32Of(matrix);
  const transposed = new Float32Array(source.length);
  for (let start = 0; start < source.length; start += rows * columns)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        transposed[start + column * rows + row] = source[start + row * columns + column];
  return tensor.float32([...matrix.dims.slice(0, -2), columns, rows], transposed);
}

export const filled = (dims: number[], value: number): Tensor =>
  tensor.float32(dims, new Float32Array(elementCount(dims)).fill(value));
