/** Operators that move elements without changing them: their results are often known even where the batch is a name. */
import { numberAttribute, numbersAttribute } from '../attributes.ts';
import { add, describeDims, divideExactly, product, sameDim } from '../dim.ts';
import type { Dim } from '../graph.ts';
import { broadcast } from './elementwise.ts';
import type { Shape, ShapeQuery, ShapeRule, ShapeRules } from './rule.ts';

/** A Reshape's target with 0 (copy) and −1 (whatever is left) resolved; undefined where that depends on a name. */
function reshapeTarget(query: ShapeQuery, dims: readonly Dim[], target: readonly Dim[]): Dim[] | undefined {
  const copyZero = numberAttribute(query.node, 'allowzero', 0) === 0;
  const result = target.map((size, axis) => {
    if (size !== 0 || !copyZero) return size;
    if (axis >= dims.length)
      throw query.problem(`its target copies dimension ${axis}, which ${describeDims(dims)} lacks`);
    return dims[axis];
  });
  const total = product(dims);
  const rest = result.indexOf(-1);
  const known = product(result.filter((size) => size !== -1));
  if (rest < 0) {
    if (sameDim(known, total) === false)
      throw query.problem(
        `${describeDims(dims)} (${total} values) cannot become ${describeDims(target)} (${known} values)`,
      );
    return result;
  }
  const left = divideExactly(total, known);
  if (left === undefined && typeof total === 'number' && typeof known === 'number' && known !== 0)
    throw query.problem(`${describeDims(dims)} (${total} values) cannot become ${describeDims(target)}`);
  return left === undefined ? undefined : result.with(rest, left);
}

function axesOf(query: ShapeQuery): number[] | undefined {
  return query.has(1) ? query.numbers(1) : numbersAttribute(query.node, 'axes');
}

const squeeze: ShapeRule = (query) => {
  const { type, dims } = query.input(0);
  const given = axesOf(query);
  if (given === undefined && query.has(1)) return [undefined];
  if (given === undefined) {
    if (dims.some((dim) => typeof dim === 'string')) return [undefined];
    return [{ type, dims: dims.filter((dim) => dim !== 1) }];
  }
  const axes = given.map((axis) => query.axis(axis, dims.length));
  for (const axis of axes)
    if (sameDim(dims[axis], 1) === false)
      throw query.problem(`axis ${axis} of ${describeDims(dims)} is ${dims[axis]}, not 1`);
  return [{ type, dims: dims.filter((_, axis) => !axes.includes(axis)) }];
};

const unsqueeze: ShapeRule = (query) => {
  const { type, dims } = query.input(0);
  const given = axesOf(query);
  if (given === undefined) return [undefined];
  const rank = dims.length + given.length;
  const axes = new Set(given.map((axis) => query.axis(axis, rank)));
  if (axes.size !== given.length) throw query.problem(`axes ${describeDims(given)} name one axis twice`);
  const remaining = [...dims];
  return [{ type, dims: Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (remaining.shift() ?? 1))) }];
};

const concat: ShapeRule = (query) => {
  const shapes = query.inputs();
  const [{ type, dims }] = shapes;
  const axis = query.axis(numberAttribute(query.node, 'axis', 1), dims.length);
  for (const other of shapes)
    for (const [index, dim] of dims.entries())
      if (other.dims.length !== dims.length || (index !== axis && sameDim(dim, other.dims[index]) === false))
        throw query.problem(
          `${describeDims(dims)} and ${describeDims(other.dims)} cannot be joined along axis ${axis}`,
        );
  const total = shapes.map((shape) => shape.dims[axis]).reduce(add);
  // A size beats a name on the other axes: they must be equal when the network runs.
  const agreed = dims.map(
    (dim, index) => shapes.map((shape) => shape.dims[index]).find((d) => typeof d === 'number') ?? dim,
  );
  return [{ type, dims: agreed.with(axis, total) }];
};

function split(query: ShapeQuery): (Shape | undefined)[] {
  const { type, dims } = query.input(0);
  const { node } = query;
  const axis = query.axis(numberAttribute(node, 'axis', 0), dims.length);
  const count = node.outputs.length;
  const given = query.has(1) ? query.value(1)?.elements : numbersAttribute(node, 'split');
  if (given === undefined && query.has(1)) return node.outputs.map(() => undefined);
  if (given !== undefined) {
    const total = given.reduce<Dim>(add, 0);
    if (given.length !== count || sameDim(total, dims[axis]) === false)
      throw query.problem(
        `its ${count} parts ${describeDims(given)} do not add up to the ${dims[axis]} of axis ${axis}`,
      );
    return given.map((size) => ({ type, dims: dims.with(axis, size) }));
  }
  const whole = dims[axis];
  if (typeof whole === 'string') {
    const part = divideExactly(whole, count);
    return node.outputs.map(() => (part === undefined ? undefined : { type, dims: dims.with(axis, part) }));
  }
  // Since opset 18 the last part may be smaller.
  const part = Math.ceil(whole / count);
  const last = whole - part * (count - 1);
  if (last < 0 || (last !== part && query.opset < 18))
    throw query.problem(`axis ${axis} has ${whole} entries, which do not divide into ${count} equal parts`);
  return node.outputs.map((_, index) => ({ type, dims: dims.with(axis, index === count - 1 ? last : part) }));
}

const pad: ShapeRule = (query) => {
  const { type, dims } = query.input(0);
  const pads =
    query.opset < 11 ? numbersAttribute(query.node, query.opset < 2 ? 'paddings' : 'pads') : query.numbers(1);
  const axes = query.has(3) ? query.numbers(3) : dims.map((_, axis) => axis);
  if (pads === undefined || axes === undefined) return [undefined];
  if (pads.length !== 2 * axes.length)
    throw query.problem(`it has ${pads.length} paddings where ${2 * axes.length} were expected`);
  const padded = [...dims];
  for (const [index, named] of axes.entries()) {
    const axis = query.axis(named, dims.length);
    padded[axis] = add(padded[axis], pads[index] + pads[index + axes.length]);
  }
  return [{ type, dims: padded }];
};

export const reshapes: ShapeRules = {
  Reshape: (query) => {
    const { type, dims } = query.input(0);
    const target = query.opset < 5 ? numbersAttribute(query.node, 'shape') : query.value(1)?.elements;
    const result = target && reshapeTarget(query, dims, target);
    return [result && { type, dims: result }];
  },
  Flatten: (query) => {
    const { type, dims } = query.input(0);
    const axis = query.axis(numberAttribute(query.node, 'axis', 1), dims.length, true);
    return [{ type, dims: [product(dims.slice(0, axis)), product(dims.slice(axis))] }];
  },
  Transpose: (query) => {
    const { type, dims } = query.input(0);
    const order = numbersAttribute(query.node, 'perm') ?? dims.map((_, axis) => dims.length - 1 - axis);
    if (order.length !== dims.length || new Set(order).size !== order.length)
      throw query.problem(`perm ${describeDims(order)} is no permutation of the ${dims.length} axes of its input`);
    return [{ type, dims: order.map((axis) => dims[query.axis(axis, dims.length)]) }];
  },
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: concat,
  Split: split,
  Pad: pad,
  Expand: (query) => {
    const { type, dims } = query.input(0);
    const target = query.value(1)?.elements;
    return [target && { type, dims: broadcast(query, [dims, target]) }];
  },
  Tile: (query) => {
    const { type, dims } = query.input(0);
    const repeats = query.value(1)?.elements;
    return [repeats && { type, dims: dims.map((dim, axis) => product([dim, repeats[axis] ?? 1])) }];
  },
  ReverseSequence: (query) => [query.input(0)],
};
