/** Joining, splitting, cutting and padding: adjoints cut what was padded and pad what was cut. */
import { numberAttribute, textAttribute } from '../../attributes.ts';
import { product } from '../../dim.ts';
import type { Dim } from '../../graph.ts';
import { pullAlong, reading } from '../axis-map.ts';
import { axisOf, elementsOf } from '../constants.ts';
import { fixed } from '../dims.ts';
import type { Emitter } from '../emitter.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { defineRule } from '../rule.ts';

const refuseFreeAxis = ({ node, dims }: RuleContext): string | undefined => {
  const axis = axisOf(numberAttribute(node, 'axis', 0), dims(node.outputs[0]).length);
  return [...node.inputs.slice(0, node.op === 'Split' ? 1 : undefined), ...node.outputs].some(
    (name) => name !== '' && typeof dims(name)[axis] === 'string',
  )
    ? `the size of its axis ${axis} is free`
    : undefined;
};

/** Places along an axis that an operator reads. */
interface Range {
  axis: number;
  places: number[];
}

/** What a rule has already not refused. */
function told<T>(answer: T | string): T {
  if (typeof answer === 'string') throw new Error(answer);
  return answer;
}

/** The cotangent of what the ranges were read from, a value of shape `dims`: zero wherever nothing was read. */
function readBack(emit: Emitter, cotangent: string, ranges: readonly Range[], dims: readonly Dim[]): string {
  const pads = Array<number>(2 * dims.length).fill(0);
  let value = cotangent;
  for (const { axis, places } of ranges) {
    const size = fixed([dims[axis]])[0];
    if (places.length > 0 && places.every((place, index) => place === places[0] + index)) {
      pads[axis] = places[0];
      pads[axis + dims.length] = size - places[0] - places.length;
    } else value = pullAlong(emit, value, axis, reading(places, size));
  }
  return pads.some((pad) => pad > 0) ? emit.op('Pad', [value, emit.shape(...pads)], {}, dims) : value;
}

/** The axes that a Slice cuts; a string says why they cannot be told. */
function slicedRanges({ node, dims, constant }: RuleContext): Range[] | string {
  const shape = dims(node.inputs[0]);
  const parameters = node.inputs.slice(1).filter((name) => name !== '');
  if (parameters.some((name) => !constant(name))) return 'its bounds are not constants';
  const [starts, ends, axes, steps] = node.inputs.slice(1).map((name) => {
    const value = constant(name);
    return value && elementsOf(value);
  });
  const ranges: Range[] = [];
  for (const [index, start] of starts!.entries()) {
    const axis = axisOf(axes?.[index] ?? index, shape.length);
    const step = steps?.[index] ?? 1;
    const end = ends![index];
    const size = shape[axis];
    if (typeof size === 'string') {
      if (start === 0 && end >= 2 ** 31 - 1 && step === 1) continue;
      return `it cuts axis ${axis}, whose size is free (the batch?)`;
    }
    const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
    const clamp = (bound: number) => Math.min(Math.max(bound < 0 ? bound + size : bound, least), most);
    const places: number[] = [];
    for (let place = clamp(start); step > 0 ? place < clamp(end) : place > clamp(end); place += step)
      places.push(place);
    ranges.push({ axis, places });
  }
  return ranges;
}

/** Padding before and after each axis; a string says why it cannot be told. */
function paddings({ node, dims, constant }: RuleContext): { begin: number[]; end: number[] } | string {
  const rank = dims(node.inputs[0]).length;
  const [pads, axes] = [node.inputs[1], node.inputs[3]].map((name) => (name ? constant(name) : null));
  if (!pads || axes === undefined) return 'its padding is not a constant';
  const sizes = elementsOf(pads);
  const [begin, end] = [Array<number>(rank).fill(0), Array<number>(rank).fill(0)];
  const padded = axes ? elementsOf(axes).map((axis) => axisOf(axis, rank)) : begin.map((_, axis) => axis);
  for (const [index, axis] of padded.entries()) {
    begin[axis] = sizes[index];
    end[axis] = sizes[index + padded.length];
  }
  const free = dims(node.inputs[0]).findIndex((size, axis) => typeof size === 'string' && (begin[axis] || end[axis]));
  return free >= 0 ? `it pads axis ${free}, whose size is free (the batch?)` : { begin, end };
}

/** The place each padded place copies: Pad's modes other than 'constant'. */
function mirrored(mode: string, size: number, begin: number, end: number): number[] {
  return Array.from({ length: begin + size + end }, (_, index) => {
    const place = index - begin;
    if (mode === 'edge') return Math.min(Math.max(place, 0), size - 1);
    if (mode === 'wrap') return ((place % size) + size) % size;
    const period = Math.max(2 * (size - 1), 1);
    const folded = ((place % period) + period) % period;
    return Math.min(folded, period - folded);
  });
}

/** Cuts a constant padding off; negative padding had cut places off, which get zeros. */
function unpad(emit: Emitter, cotangent: string, begin: number[], end: number[], dims: readonly Dim[]): string {
  const axes = begin.flatMap((_, axis) => (begin[axis] > 0 || end[axis] > 0 ? [axis] : []));
  const shape = emit.dims(cotangent);
  let value = cotangent;
  if (axes.length > 0) {
    const starts = axes.map((axis) => Math.max(begin[axis], 0));
    const sizes = fixed(axes.map((axis) => shape[axis]));
    const ends = axes.map((axis, index) => sizes[index] - Math.max(end[axis], 0));
    const cut = axes.reduce((rest, axis, index) => rest.with(axis, ends[index] - starts[index]), shape);
    value = emit.op('Slice', [value, emit.shape(...starts), emit.shape(...ends), emit.shape(...axes)], {}, cut);
  }
  const lost = [...begin, ...end].map((pad) => Math.max(-pad, 0));
  return lost.some((pad) => pad > 0) ? emit.op('Pad', [value, emit.shape(...lost)], {}, dims) : value;
}

export const indexing: Rule[] = [
  defineRule({
    op: 'Concat',
    since: [13],
    refuses: refuseFreeAxis,
    vjp: ({ emit, node, dims, cotangent }) => {
      const axis = axisOf(numberAttribute(node, 'axis', 0), dims(node.outputs[0]).length);
      let next = 0;
      return node.inputs.map((name) => {
        const start = next;
        next += fixed([dims(name)[axis]])[0];
        const bounds = [start, next, axis].map((bound) => emit.shape(bound));
        return () => emit.op('Slice', [cotangent(), ...bounds], {}, dims(name));
      });
    },
  }),
  defineRule({
    op: 'Split',
    since: [18],
    inert: [1],
    everyOutput: true,
    refuses: refuseFreeAxis,
    vjp: ({ emit, node, dims, cotangent, reached }) => [
      () => {
        const parts = node.outputs.map((name, output) => {
          if (reached(output)) return cotangent(output);
          const shape = dims(name);
          return emit.op('ConstantOfShape', [emit.op('Shape', [name], {}, [shape.length])], {}, shape);
        });
        const axis = axisOf(numberAttribute(node, 'axis', 0), dims(node.inputs[0]).length);
        return emit.op('Concat', parts, { axis }, dims(node.inputs[0]));
      },
    ],
  }),
  defineRule({
    op: 'Slice',
    since: [13],
    inert: [1, 2, 3, 4],
    refuses: (context) => {
      const ranges = slicedRanges(context);
      return typeof ranges === 'string' ? ranges : undefined;
    },
    vjp: (context) => [
      () => {
        const { emit, node, dims, cotangent } = context;
        return readBack(emit, cotangent(), told(slicedRanges(context)), dims(node.inputs[0]));
      },
    ],
  }),
  defineRule({
    op: 'Pad',
    since: [18, 19, 21, 23, 24, 25],
    wrt: [0],
    refuses: (context) => {
      const pads = paddings(context);
      if (typeof pads === 'string') return pads;
      const mode = textAttribute(context.node, 'mode', 'constant');
      if (!['constant', 'reflect', 'edge', 'wrap'].includes(mode)) return `its mode ${mode} is unknown`;
      return mode !== 'constant' && [...pads.begin, ...pads.end].some((pad) => pad < 0)
        ? 'it cuts by negative padding in a mode other than constant'
        : undefined;
    },
    vjp: (context) => [
      () => {
        const { emit, node, dims, cotangent } = context;
        const { begin, end } = told(paddings(context));
        const shape = dims(node.inputs[0]);
        const mode = textAttribute(node, 'mode', 'constant');
        if (mode === 'constant') return unpad(emit, cotangent(), begin, end, shape);
        return shape.reduce<string>((value, size, axis) => {
          if (typeof size === 'string' || (begin[axis] === 0 && end[axis] === 0)) return value;
          return pullAlong(emit, value, axis, reading(mirrored(mode, size, begin[axis], end[axis]), size));
        }, cotangent());
      },
    ],
  }),
  defineRule({
    op: 'Gather',
    since: [13],
    wrt: [0],
    refuses: ({ node, dims, constant }) => {
      const axis = axisOf(numberAttribute(node, 'axis', 0), dims(node.inputs[0]).length);
      if (!constant(node.inputs[1])) return 'its indices are not constants';
      return typeof dims(node.inputs[0])[axis] === 'string' ? `the size of its axis ${axis} is free` : undefined;
    },
    vjp: ({ emit, node, dims, constant, cotangent }) => [
      () => {
        const shape = dims(node.inputs[0]);
        const axis = axisOf(numberAttribute(node, 'axis', 0), shape.length);
        const size = fixed([shape[axis]])[0];
        const indices = constant(node.inputs[1])!;
        const places = elementsOf(indices).map((place) => axisOf(place, size));
        // Indices of any rank are one list of places along the axis.
        const listed = emit.reshape(cotangent(), shape.with(axis, product(indices.dims)));
        return readBack(emit, listed, [{ axis, places }], shape);
      },
    ],
  }),
];
