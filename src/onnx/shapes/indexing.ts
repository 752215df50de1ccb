/** Operators that pick elements by position, and those that make tensors out of a shape. */
import { numberAttribute, numbersAttribute, tensorAttribute } from '../attributes.ts';
import { subtract } from '../dim.ts';
import type { Dim, ElementType } from '../graph.ts';
import type { Shape, ShapeQuery, ShapeRule, ShapeRules } from './rule.ts';

/** Starts, ends, axes and steps of a Slice: attributes before opset 10, inputs since. */
export interface SliceBounds {
  starts: Dim[];
  ends: Dim[];
  axes: number[];
  steps: number[];
}

export function sliceBounds(query: ShapeQuery, rank: number): SliceBounds | undefined {
  const old = query.opset < 10;
  const starts = old ? numbersAttribute(query.node, 'starts') : query.value(1)?.elements;
  const ends = old ? numbersAttribute(query.node, 'ends') : query.value(2)?.elements;
  const given = old ? numbersAttribute(query.node, 'axes') : query.has(3) ? query.numbers(3) : starts?.map((_, i) => i);
  const steps = !old && query.has(4) ? query.numbers(4) : starts?.map(() => 1);
  const axes = given ?? (old ? starts?.map((_, index) => index) : undefined);
  if (starts === undefined || ends === undefined || axes === undefined || steps === undefined) return undefined;
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length)
    throw query.problem(
      `it has ${starts.length} starts, ${ends.length} ends, ${axes.length} axes and ${steps.length} steps`,
    );
  if (steps.includes(0)) throw query.problem('a step is 0');
  return { starts, ends, axes: axes.map((axis) => query.axis(axis, rank)), steps };
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** First index and number of elements taken from an axis of `size`. */
export function sliceRange(size: number, start: number, end: number, step: number): { first: number; count: number } {
  const from = start < 0 ? start + size : start;
  const to = end < 0 ? end + size : end;
  const first = step > 0 ? clamp(from, 0, size) : clamp(from, 0, size - 1);
  const stop = step > 0 ? clamp(to, 0, size) : clamp(to, -1, size - 1);
  return { first, count: Math.max(0, Math.ceil((stop - first) / step)) };
}

/** ONNX files write "to the end" as a huge number. */
const TO_THE_END = 2 ** 31 - 1;

function slicedSize(size: Dim, start: Dim, end: Dim, step: number): Dim | undefined {
  if (typeof size === 'number' && typeof start === 'number' && typeof end === 'number')
    return sliceRange(size, start, end, step).count;
  if (step !== 1 || typeof start !== 'number' || start < 0) return undefined;
  const toEnd = end === size || (typeof end === 'number' && end >= TO_THE_END);
  if (toEnd) return subtract(size, start);
  return undefined;
}

const slice: ShapeRule = (query) => {
  const { type, dims } = query.input(0);
  const bounds = sliceBounds(query, dims.length);
  if (bounds === undefined) return [undefined];
  const result = [...dims];
  for (const [index, axis] of bounds.axes.entries()) {
    const size = slicedSize(dims[axis], bounds.starts[index], bounds.ends[index], bounds.steps[index]);
    if (size === undefined) return [undefined];
    result[axis] = size;
  }
  return [{ type, dims: result }];
};

const shapedBy = (query: ShapeQuery, index: number, type: ElementType): (Shape | undefined)[] => {
  const dims = query.value(index)?.elements;
  return [dims && { type, dims: [...dims] }];
};

export const indexing: ShapeRules = {
  Slice: slice,
  Gather: (query) => {
    const { type, dims } = query.input(0);
    const axis = query.axis(numberAttribute(query.node, 'axis', 0), dims.length);
    return [{ type, dims: [...dims.slice(0, axis), ...query.input(1).dims, ...dims.slice(axis + 1)] }];
  },
  GatherElements: (query) => [{ type: query.input(0).type, dims: query.input(1).dims }],
  GatherND: (query) => {
    const { type, dims } = query.input(0);
    const indices = query.input(1).dims;
    const depth = indices.at(-1);
    if (typeof depth !== 'number') return [undefined];
    const batch = numberAttribute(query.node, 'batch_dims', 0);
    return [{ type, dims: [...indices.slice(0, -1), ...dims.slice(batch + depth)] }];
  },
  ScatterElements: (query) => [query.input(0)],
  ScatterND: (query) => [query.input(0)],
  Scatter: (query) => [query.input(0)],
  OneHot: (query) => {
    const { dims } = query.input(0);
    const depth = query.value(1)?.elements[0];
    if (depth === undefined) return [undefined];
    const axis = query.axis(numberAttribute(query.node, 'axis', -1), dims.length + 1);
    return [{ type: query.input(2).type, dims: dims.toSpliced(axis, 0, depth) }];
  },
  Shape: (query) => {
    const rank = query.input(0).dims.length;
    const start = numberAttribute(query.node, 'start', 0);
    const end = numberAttribute(query.node, 'end', rank);
    return [{ type: 'int64', dims: [sliceRange(rank, start, end, 1).count] }];
  },
  Size: () => [{ type: 'int64', dims: [] }],
  ConstantOfShape: (query) => shapedBy(query, 0, tensorAttribute(query.node, 'value')?.type ?? 'float32'),
  Range: (query) => {
    const [start, limit, delta] = [query.numbers(0)?.[0], query.value(1)?.elements[0], query.numbers(2)?.[0]];
    const { type } = query.input(0);
    if (start === undefined || limit === undefined || delta === undefined) return [undefined];
    if (typeof limit === 'number') return [{ type, dims: [Math.max(0, Math.ceil((limit - start) / delta))] }];
    return [start === 0 && delta === 1 ? { type, dims: [limit] } : undefined];
  },
  EyeLike: (query) => [query.input(0)],
};
