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

const isSame = (autoPad: string): boolean => autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER';

/** Padding of both ends when `total` is wanted in all; the odd one goes to the end for SAME_UPPER. */
const splitPadding = (total: number, autoPad: string): [number, number] => {
  const half = Math.floor(total / 2);
  return autoPad === 'SAME_LOWER' ? [total - half, half] : [half, total - half];
};

/** What SAME pads in all so that ⌈H/S⌉ outputs come out; undefined where that depends on a size that is a name. */
function samePadding(size: Dim, stride: number, reach: number): number | undefined {
  if (stride === 1) return reach - 1;
  return typeof size === 'number' ? Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0) : undefined;
}

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
    let [begin, end] = autoPad === 'VALID' ? [0, 0] : [pads[axis], pads[axis + sizes.length]];
    if (isSame(autoPad)) {
      // ONNX Runtime leaves a pool's dilation out of this.
      const total = samePadding(size, stride, node.op.endsWith('Pool') ? kernel[axis] : reach);
      if (total === undefined) return divideUp(size, stride);
      [begin, end] = splitPadding(total, autoPad);
    }
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
    let [begin, end] = autoPad === 'VALID' ? [0, 0] : [pads[axis], pads[axis + sizes.length]];
    if (wanted !== undefined || isSame(autoPad)) {
      const target = wanted?.[axis] ?? multiply(size, stride);
      if (typeof target === 'string' || typeof full === 'string') return target;
      // With an explicit output_shape ONNX puts the odd pixel first unless auto_pad is SAME_UPPER.
      [begin, end] = splitPadding(Math.max(full - target, 0), autoPad === 'SAME_UPPER' ? autoPad : 'SAME_LOWER');
    }
    begins.push(begin);
    ends.push(end);
    return add(full, -begin - end);
  });
  const complete = begins.length === sizes.length;
  return { kernel: [...kernel], strides, dilations, pads: complete ? [...begins, ...ends] : [], output };
}
