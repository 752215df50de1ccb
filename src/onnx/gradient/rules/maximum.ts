/** Maxima: every rule here gives the whole gradient to the first of tied candidates, in the order the operator reads them. */
import { numberAttribute, numbersAttribute } from '../../attributes.ts';
import type { Dim } from '../../graph.ts';
import { elementCount, tensor } from '../../graph.ts';
import { slidingWindow } from '../../window.ts';
import { refuseFreeSize } from '../adjoint-window.ts';
import { fixed } from '../dims.ts';
import { compare } from '../mask.ts';
import type { Rule, VjpContext } from '../rule.ts';
import { defineRule } from '../rule.ts';

/** Whether a pool halves an even-sized image exactly: 2×2 windows, stride 2, no padding. */
function halves(context: VjpContext): boolean {
  const { node, dims } = context;
  const sizes = fixed(dims(node.inputs[0]).slice(2));
  const { kernel, strides, dilations, pads } = slidingWindow(node, sizes, numbersAttribute(node, 'kernel_shape') ?? []);
  return (
    sizes.length === 2 &&
    sizes.every((size) => size % 2 === 0) &&
    [...kernel, ...strides].every((size) => size === 2) &&
    dilations.every((size) => size === 1) &&
    pads.every((pad) => pad === 0)
  );
}

/**
 * 2×2 windows without indices, whose computation makes the pool itself some 14 times slower: the four pixels of each
 * window become channel blocks, and the cotangent goes to the first block that equals the maximum.
 */
function halvingGradient({ emit, node, dims, cotangent }: VjpContext): string {
  const [x] = node.inputs;
  const [y] = node.outputs;
  const [batch, channels, ...pooled] = dims(y);
  const stacked: Dim[] = [batch, 4 * fixed([channels])[0], ...pooled];
  const blocks = emit.ops(
    'Split',
    [emit.op('SpaceToDepth', [x], { blocksize: 2 }, stacked)],
    { axis: 1, num_outputs: 4 },
    Array.from({ length: 4 }, () => dims(y)),
  );
  let rest = cotangent();
  const parts = blocks.slice(0, 3).map((block) => {
    const part = emit.op('Mul', [rest, compare(emit, 'GreaterOrEqual', block, y)]);
    rest = emit.op('Sub', [rest, part]);
    return part;
  });
  const joined = emit.op('Concat', [...parts, rest], { axis: 1 }, stacked);
  return emit.op('DepthToSpace', [joined], { blocksize: 2 }, dims(x));
}

/** Any windows, overlapping too: the pool's own flat indices say where each cotangent is added. */
function scatteredGradient({ emit, node, dims, cotangent, request }: VjpContext): string {
  const [x] = node.inputs;
  const shape = dims(x);
  const flat = (value: string) => emit.op('Reshape', [value, emit.shape(-1)], {}, ['elements']);
  const zeros = emit.op('ConstantOfShape', [emit.op('Shape', [x], {}, [shape.length])], {}, shape);
  const indices = flat(request(1, dims(node.outputs[0])));
  const added = emit.op('ScatterElements', [flat(zeros), indices, flat(cotangent())], { axis: 0, reduction: 'add' });
  return emit.reshape(added, shape);
}

/** Max or Min: each operand's mask is where it equals the result and no operand before it did. */
const extremum = (op: 'Max' | 'Min'): Rule =>
  defineRule({
    op,
    since: [13],
    ties: 'all to the first operand',
    broadcasts: true,
    vjp: ({ emit, node, cotangent }) => {
      const masks: string[] = [];
      let free: string | undefined;
      const maskOf = (position: number): string => {
        for (let next = masks.length; next <= position; next++) {
          const equal = compare(emit, 'Equal', node.inputs[next], node.outputs[0]);
          const mask = free === undefined ? equal : emit.op('Mul', [equal, free]);
          free = emit.op('Sub', [free ?? emit.scalar(1), mask]);
          masks.push(mask);
        }
        return masks[position];
      };
      return node.inputs.map((_, position) => () => emit.op('Mul', [cotangent(), maskOf(position)]));
    },
  });

export const maxima: Rule[] = [
  defineRule({
    op: 'MaxPool',
    since: [12, 22],
    ties: 'first in row-major order of the window',
    refuses: (context) =>
      refuseFreeSize(context) ??
      (numberAttribute(context.node, 'storage_order', 0) === 0 ? undefined : 'its indices are in column-major order'),
    vjp: (context) => [() => (halves(context) ? halvingGradient(context) : scatteredGradient(context))],
  }),
  defineRule({
    op: 'GlobalMaxPool',
    since: [1, 22],
    ties: 'first in row-major order',
    refuses: refuseFreeSize,
    vjp: ({ emit, node, dims, looseCotangent }) => [
      () => {
        const shape = dims(node.inputs[0]);
        const area = elementCount(fixed(shape.slice(2)));
        const rows = emit.reshape(node.inputs[0], [shape[0], shape[1], area]);
        const place = emit.op('ArgMax', [rows], { axis: 2, keepdims: 1 }, [shape[0], shape[1], 1]);
        const places = emit.tensor(tensor.int64([area], [...Array(area).keys()]));
        const mask = emit.reshape(compare(emit, 'Equal', place, places), shape);
        return emit.op('Mul', [looseCotangent(), mask]);
      },
    ],
  }),
  extremum('Max'),
  extremum('Min'),
];
