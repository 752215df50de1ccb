/** Convolution geometry backwards: the attributes with which the adjoint of a sliding window is again a convolution. */
import type { Window } from '../window.ts';
import { isFixed } from './dims.ts';
import type { RuleContext } from './rule.ts';

/** Attributes of a convolution node, less its group. */
export interface ConvolutionAttributes {
  [name: string]: number[];
  kernel_shape: number[];
  dilations: number[];
  pads: number[];
}

const extent = (window: Window, axis: number): number => (window.kernel[axis] - 1) * window.dilations[axis] + 1;

/**
 * The `ConvTranspose` that maps `output` sizes back to exactly `input` sizes: output_padding where the last stride was
 * cut short, more end padding where ceil_mode let the last window hang over.
 */
export function transposedAttributes(
  window: Window,
  input: readonly number[],
  output: readonly number[],
): ConvolutionAttributes {
  const rank = window.kernel.length;
  const excess = window.kernel.map(
    (_, axis) =>
      window.strides[axis] * (output[axis] - 1) +
      extent(window, axis) -
      window.pads[axis] -
      window.pads[axis + rank] -
      input[axis],
  );
  return {
    kernel_shape: window.kernel,
    strides: window.strides,
    dilations: window.dilations,
    pads: window.pads.map((pad, index) => (index < rank ? pad : pad + Math.max(0, excess[index - rank]))),
    output_padding: excess.map((size) => Math.max(0, -size)),
  };
}

/**
 * The plain `Conv` that is the adjoint of a stride-1 window, given the flipped kernel; `undefined` where the window is
 * strided, or padded by more than a `Conv` can undo.
 */
export function flippedAttributes(
  window: Window,
  input: readonly number[],
  output: readonly number[],
): ConvolutionAttributes | undefined {
  if (window.strides.some((stride) => stride !== 1)) return undefined;
  const begin = window.kernel.map((_, axis) => extent(window, axis) - 1 - window.pads[axis]);
  const end = begin.map((pad, axis) => input[axis] - output[axis] + extent(window, axis) - 1 - pad);
  if ([...begin, ...end].some((pad) => pad < 0)) return undefined;
  return { kernel_shape: window.kernel, dilations: window.dilations, pads: [...begin, ...end] };
}

/** The refusal of a rule that needs to know how large its input is. */
export function refuseFreeSize({ node, dims }: RuleContext): string | undefined {
  const shape = dims(node.inputs[0]);
  return isFixed(shape.slice(1)) ? undefined : `its input [${shape.join(', ')}] has no fixed size`;
}
