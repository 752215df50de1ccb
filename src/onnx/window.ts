/** Sliding windows: what Conv, ConvTranspose and the pools share. Output sizes and paddings as ONNX defines them, for every auto_pad. */
import { InputError } from '../errors.ts';
import { numberAttribute, numbersAttribute, textAttribute } from './attributes.ts';
import { add, describeDims, divideDown, divideUp, multiply } from './dim.ts';
import type { Dim, Node } from './graph.ts';
import { nodeLabel } from './graph.ts';

export interface Window {
  kernel: number[];
  strides: number[];
  dilations: number[];
  /** Beginning of every spatial axis, then the end of every one, as in ONNX. Empty where auto_pad meets a size that is a name. */
  pads: number[];
  /** Spatial output sizes. */
  output: Dim[];
}

function spatialAttribute(node: Node, name: string, length: number, fallback: number, least: number): number[] {
  const values = numbersAttribute(node, name) ?? [];
  if (values.length === 0) return Array.from({ length }, () => fallback);
  if (values.length !== length)
    throw new InputError(`${nodeLabel(node)}: ${name} has ${values.length} values where ${length} were expected.`);
  if (values.some((value) => !Number.isSafeInteger(value) || value < least))
    throw new InputError(
      `${nodeLabel(node)}: ${name} ${describeDims(values)} must be whole numbers of at least ${least}.`,
    );
  return values;
}

function readWindow(node: Node, spatial: number, kernel: readonly number[]) {
  return {
    kernel: [...kernel],
    strides: spatialAttribute(node, 'strides', spatial, 1, 1),
    dilations: spatialAttribute(node, 'dilations', spatial, 1, 1),
    pads: spatialAttribute(node, 'pads', 2 * spatial, 0, Number.MIN_SAFE_INTEGER),
    autoPad: textAttribute(node, 'auto_pad', 'NOTSET'),
  };
}

/** Padding of both ends when `total` is wanted in all; the odd one goes to the end for SAME_UPPER. */
const splitPadding = (total: number, autoPad: string): [number, number] => {
  const half = Math.floor(total / 2);
  return autoPad === 'SAME_LOWER' ? [total - half, half] : [half, total - half];
};

/** ⌊(H + P₀ + P₁ − D(K−1) − 1)/S⌋ + 1, or with ⌈ ⌉, less the last window where that would begin beyond the begin-padded input. */
function slide(size: Dim, before: number, after: number, reach: number, stride: number, ceil: boolean): Dim {
  const steps = add(size, before + after - reach);
  if (!ceil) return add(divideDown(steps, stride), 1);
  const count = add(divideUp(steps, stride), 1);
  if (typeof count === 'number' && typeof size === 'number' && (count - 1) * stride >= size + before) return count - 1;
  return count;
}

/**
 * The window of a Conv or a pool over `sizes` (spatial dimensions of the input).
 *
 * @param kernel spatial kernel sizes
 * @throws InputError where the attributes do not fit the rank, or the kernel is larger than the padded input
 */
export function slidingWindow(node: Node, sizes: readonly Dim[], kernel: readonly number[]): Window {
  const { strides, dilations, pads, autoPad } = readWindow(node, sizes.length, kernel);
  const ceil = numberAttribute(node, 'ceil_mode', 0) === 1;
  const begins: number[] = [];
  const ends: number[] = [];
  const output = sizes.map((size, axis): Dim => {
    const stride = strides[axis];
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    if (autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER') {
      const count = divideUp(size, stride);
      if (typeof count === 'number' && typeof size === 'number') {
        const [begin, end] = splitPadding(Math.max((count - 1) * stride + reach - size, 0), autoPad);
        begins.push(begin);
        ends.push(end);
      }
      return count;
    }
    const [begin, end] = autoPad === 'VALID' ? [0, 0] : [pads[axis], pads[axis + sizes.length]];
    begins.push(begin);
    ends.push(end);
    const count = slide(size, begin, end, reach, stride, ceil);
    if (typeof count === 'number' && count < 1)
      throw new InputError(
        `${nodeLabel(node)}: its kernel reaches over ${reach} pixels, but its input has ${size} and padding ${begin} + ${end}.`,
        'Use larger images, or a network with less downsampling.',
      );
    return count;
  });
  const complete = begins.length === sizes.length;
  return { kernel: [...kernel], strides, dilations, pads: complete ? [...begins, ...ends] : [], output };
}

/**
 * The window of a ConvTranspose: S(H−1) + output_padding + D(K−1) + 1 − P₀ − P₁.
 *
 * @throws InputError where the attributes do not fit the rank
 */
export function transposedWindow(node: Node, sizes: readonly Dim[], kernel: readonly number[]): Window {
  const { strides, dilations, pads, autoPad } = readWindow(node, sizes.length, kernel);
  const extra = spatialAttribute(node, 'output_padding', sizes.length, 0, 0);
  const wanted = numbersAttribute(node, 'output_shape')?.slice(-sizes.length);
  const begins: number[] = [];
  const ends: number[] = [];
  const output = sizes.map((size, axis): Dim => {
    const stride = strides[axis];
    const full = add(multiply(add(size, -1), stride), extra[axis] + dilations[axis] * (kernel[axis] - 1) + 1);
    const same = autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER';
    if (wanted !== undefined || same) {
      const target = wanted?.[axis] ?? multiply(size, stride);
      if (typeof target === 'number' && typeof full === 'number') {
        // With an explicit output_shape ONNX puts the odd pixel first unless auto_pad is SAME_UPPER.
        const [begin, end] = splitPadding(
          Math.max(full - target, 0),
          autoPad === 'SAME_UPPER' ? autoPad : 'SAME_LOWER',
        );
        begins.push(begin);
        ends.push(end);
      }
      return target;
    }
    const [begin, end] = autoPad === 'VALID' ? [0, 0] : [pads[axis], pads[axis + sizes.length]];
    begins.push(begin);
    ends.push(end);
    return add(full, -begin - end);
  });
  const complete = begins.length === sizes.length;
  return { kernel: [...kernel], strides, dilations, pads: complete ? [...begins, ...ends] : [], output };
}
