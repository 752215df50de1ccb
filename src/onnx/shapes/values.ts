/**
 * Arithmetic on known values: follows Shape → Gather → Concat → Reshape chains while the batch stays a name, so that their
 * results can be told without running the model. Only small tensors take part.
 */
import { castType, numberAttribute } from '../attributes.ts';
import { add, divideDown, divideExactly, multiply, product, sameDim, subtract } from '../dim.ts';
import { isInteger } from '../element-type.ts';
import type { Dim, Tensor } from '../graph.ts';
import { elementCount } from '../graph.ts';
import { sliceBounds, sliceRange } from './indexing.ts';
import type { KnownValue, Shape, ShapeQuery } from './rule.ts';

const LARGEST = 4096;

/** The elements of a small constant; undefined for a large one, and for float16, whose elements are raw bits. */
export function knownTensor({ type, dims, data }: Tensor): KnownValue | undefined {
  return data.length > LARGEST || type === 'float16' ? undefined : { dims, elements: Array.from(data, Number) };
}

/** Elements of the output, whose sizes are `dims`. */
type ValueRule = (query: ShapeQuery, dims: readonly number[]) => Dim[] | undefined;

/** Offsets into a broadcast operand, for every element of the result. */
function broadcastIndex(dims: readonly number[], result: readonly number[]): number[] {
  const index: number[] = [];
  for (let flat = 0; flat < elementCount(result); flat++) {
    let rest = flat;
    let offset = 0;
    let stride = 1;
    for (let axis = result.length - 1, own = dims.length - 1; own >= 0; axis--, own--) {
      const coordinate = rest % result[axis];
      rest = Math.floor(rest / result[axis]);
      if (dims[own] !== 1) offset += coordinate * stride;
      stride *= dims[own];
    }
    index.push(offset);
  }
  return index;
}

/** An operand's elements, repeated as broadcasting repeats them. */
function spread(value: KnownValue | undefined, dims: readonly number[]): Dim[] | undefined {
  return value && broadcastIndex(value.dims, dims).map((offset) => value.elements[offset]);
}

const complete = (elements: (Dim | undefined)[]): Dim[] | undefined =>
  elements.every((element) => element !== undefined) ? elements : undefined;

const binary =
  (combine: (left: Dim, right: Dim, integer: boolean) => Dim | undefined): ValueRule =>
  (query, dims) => {
    const [left, right] = [spread(query.value(0), dims), spread(query.value(1), dims)];
    const integer = isInteger(query.input(0).type);
    return left && right && complete(left.map((element, index) => combine(element, right[index], integer)));
  };

const unary =
  (apply: (element: number) => number): ValueRule =>
  (query) =>
    query.numbers(0)?.map(apply);

const numeric =
  (apply: (left: number, right: number) => number) =>
  (left: Dim, right: Dim): number | undefined =>
    typeof left === 'number' && typeof right === 'number' ? apply(left, right) : undefined;

function divide(left: Dim, right: Dim, integer: boolean): Dim | undefined {
  if (right === 0) return undefined;
  if (!integer)
    return typeof left === 'number' && typeof right === 'number' ? left / right : divideExactly(left, right);
  if (typeof left === 'number' && typeof right === 'number') return Math.trunc(left / right);
  return typeof right === 'number' && right > 0 ? divideDown(left, right) : divideExactly(left, right);
}

/** Names stand for sizes of at least one, so they are never equal to a negative number or zero. */
function equal(left: Dim, right: Dim): number | undefined {
  const same = sameDim(left, right);
  if (same !== undefined) return Number(same);
  return Number(left) <= 0 || Number(right) <= 0 ? 0 : undefined;
}

/** Product or multiplication where a name may only meet a whole, non-negative number. */
function times(left: Dim, right: Dim): Dim | undefined {
  if (typeof left === 'number' && typeof right === 'number') return left * right;
  const factor = [left, right].find((dim) => typeof dim === 'number');
  return factor === undefined || (Number.isInteger(factor) && factor >= 0) ? multiply(left, right) : undefined;
}

const plus = (left: Dim, right: Dim): Dim | undefined =>
  typeof left === typeof right || Number.isInteger(Number.isNaN(Number(left)) ? right : left)
    ? add(left, right)
    : undefined;

function gather(query: ShapeQuery): Dim[] | undefined {
  const [data, indices] = [query.value(0), query.numbers(1)];
  const axis = numberAttribute(query.node, 'axis', 0);
  if (data === undefined || indices === undefined || data.dims.length !== 1 || (axis !== 0 && axis !== -1))
    return undefined;
  return complete(indices.map((index) => data.elements.at(index)));
}

function slice(query: ShapeQuery): Dim[] | undefined {
  const data = query.value(0);
  if (data === undefined || data.dims.length !== 1) return undefined;
  const bounds = sliceBounds(query, 1);
  const [start, end, step] = [bounds?.starts[0], bounds?.ends[0], bounds?.steps[0] ?? 1];
  if (typeof start !== 'number' || typeof end !== 'number' || bounds?.starts.length !== 1) return undefined;
  const { first, count } = sliceRange(data.dims[0], start, end, step);
  return Array.from({ length: count }, (_, index) => data.elements[first + index * step]);
}

function cast(query: ShapeQuery): Dim[] | undefined {
  const to = castType(query.node);
  const elements = query.value(0)?.elements;
  if (to === undefined || to === 'float16' || elements === undefined) return undefined;
  if (to === 'bool') return elements.map((element) => (element === 0 ? 0 : 1));
  return isInteger(to) ? elements.map((e) => (typeof e === 'number' ? Math.trunc(e) : e)) : elements;
}

const unchanged: ValueRule = (query) => query.value(0)?.elements;

/** ONNX rounds halves to even. */
const roundEven = (value: number): number => {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
};

const RULES: Readonly<Record<string, ValueRule>> = {
  Shape: (query) => {
    const { dims } = query.input(0);
    const { first, count } = sliceRange(
      dims.length,
      numberAttribute(query.node, 'start', 0),
      numberAttribute(query.node, 'end', dims.length),
      1,
    );
    return dims.slice(first, first + count);
  },
  Size: (query) => [product(query.input(0).dims)],
  Identity: unchanged,
  Reshape: unchanged,
  Squeeze: unchanged,
  Unsqueeze: unchanged,
  Flatten: unchanged,
  Cast: cast,
  Gather: gather,
  Slice: slice,
  Concat: (query, dims) =>
    dims.length === 1
      ? complete(query.node.inputs.flatMap((_, index) => query.value(index)?.elements ?? [undefined]))
      : undefined,
  Add: binary(plus),
  Sub: binary((left, right) => (typeof right === 'number' ? plus(left, -right) : subtract(left, right))),
  Mul: binary(times),
  Div: binary(divide),
  Mod: binary(numeric((left, right) => (right === 0 ? Number.NaN : left - right * Math.floor(left / right)))),
  Min: binary(numeric(Math.min)),
  Max: binary(numeric(Math.max)),
  Equal: binary(equal),
  Greater: binary(numeric((left, right) => Number(left > right))),
  Less: binary(numeric((left, right) => Number(left < right))),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Round: unary(roundEven),
  Neg: unary((element) => -element),
  Abs: unary(Math.abs),
  Not: unary((element) => Number(element === 0)),
  ReduceProd: (query, dims) => {
    const factors = query.value(0)?.elements;
    return factors && elementCount(dims) === 1 ? [product(factors)] : undefined;
  },
  Where: (query, dims) => {
    const [condition, left, right] = [0, 1, 2].map((index) => spread(query.value(index), dims));
    return (
      condition &&
      left &&
      right &&
      complete(condition.map((truth, i) => (truth === 1 ? left[i] : truth === 0 ? right[i] : undefined)))
    );
  },
  ConstantOfShape: (query, dims) => {
    const fill = query.node.attributes.value;
    const value = typeof fill === 'object' && 'data' in fill ? Number(fill.data[0]) : 0;
    return Array.from({ length: elementCount(dims) }, () => value);
  },
  Range: (query, dims) => {
    const [start, delta] = [query.numbers(0)?.[0], query.numbers(2)?.[0]];
    if (start === undefined || delta === undefined) return undefined;
    return Array.from({ length: dims[0] }, (_, index) => start + index * delta);
  },
  Expand: (query, dims) => spread(query.value(0), dims),
};

/** The elements of a node's only output, where they can be told. */
export function knownOutput(query: ShapeQuery, output: Shape): KnownValue | undefined {
  const { dims, type } = output;
  if (!dims.every((dim) => typeof dim === 'number') || elementCount(dims) > LARGEST || type === 'float16')
    return undefined;
  const elements = Object.hasOwn(RULES, query.node.op) ? RULES[query.node.op](query, dims) : undefined;
  if (elements === undefined || elements.length !== elementCount(dims)) return undefined;
  if (elements.some(Number.isNaN)) return undefined;
  // Rounded after every step, as a runtime does: Floor and Ceil may follow.
  const rounded = type === 'float32' ? elements.map((e) => (typeof e === 'number' ? Math.fround(e) : e)) : elements;
  return { dims, elements: rounded };
}
