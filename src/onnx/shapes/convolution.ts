/** Conv, ConvTranspose and their quantised forms: channels must agree, spatial sizes follow the window. */
import { numberAttribute, numbersAttribute } from '../attributes.ts';
import { describeDims, multiply } from '../dim.ts';
import type { Dim } from '../graph.ts';
import { slidingWindow, transposedWindow } from '../window.ts';
import type { Shape, ShapeQuery, ShapeRules } from './rule.ts';

function spatialKernel(query: ShapeQuery, image: readonly Dim[], weight: readonly Dim[]): number[] {
  if (image.length < 3 || weight.length !== image.length)
    throw query.problem(
      `input ${describeDims(image)} and weight ${describeDims(weight)} should have the same rank, 3 or more`,
    );
  const kernel = weight.slice(2);
  const declared = numbersAttribute(query.node, 'kernel_shape') ?? [];
  const sizes = kernel.map((size, axis) => (typeof size === 'number' ? size : declared[axis]));
  for (const [axis, size] of sizes.entries()) {
    if (size === undefined) throw query.problem('its kernel size is not fixed in the file');
    if (declared.length > 0 && declared[axis] !== size)
      throw query.problem(`kernel_shape says ${declared[axis]} where the weight has ${size}`);
  }
  return sizes;
}

function requireChannels(query: ShapeQuery, actual: Dim, expected: Dim): void {
  if (typeof actual === 'number' && typeof expected === 'number' && actual !== expected)
    throw query.problem(`its weight expects ${expected} input channels, but its input has ${actual}`);
}

function convolution(query: ShapeQuery, image: Shape, weight: Shape, type: Shape['type']): Shape[] {
  const kernel = spatialKernel(query, image.dims, weight.dims);
  const group = numberAttribute(query.node, 'group', 1);
  requireChannels(query, image.dims[1], multiply(weight.dims[1], group));
  const { output } = slidingWindow(query.node, image.dims.slice(2), kernel);
  return [{ type, dims: [image.dims[0], weight.dims[0], ...output] }];
}

export const convolutions: ShapeRules = {
  Conv: (query) => convolution(query, query.input(0), query.input(1), query.input(0).type),
  ConvInteger: (query) => convolution(query, query.input(0), query.input(1), 'int32'),
  QLinearConv: (query) => convolution(query, query.input(0), query.input(3), query.input(7).type),
  ConvTranspose: (query) => {
    const [image, weight] = [query.input(0), query.input(1)];
    const kernel = spatialKernel(query, image.dims, weight.dims);
    requireChannels(query, image.dims[1], weight.dims[0]);
    const { output } = transposedWindow(query.node, image.dims.slice(2), kernel);
    const channels = multiply(weight.dims[1], numberAttribute(query.node, 'group', 1));
    return [{ type: image.type, dims: [image.dims[0], channels, ...output] }];
  },
};
