/** Reductions over axes, which older operators keep in an attribute and newer ones in an input. */
import { numberAttribute, numbersAttribute } from '../attributes.ts';
import type { Dim } from '../graph.ts';
import type { Shape, ShapeQuery, ShapeRule, ShapeRules } from './rule.ts';

function reduced(dims: readonly Dim[], axes: readonly number[], keep: boolean): Dim[] {
  const ones = dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return keep ? ones : ones.filter((_, axis) => !axes.includes(axis));
}

const reduction: ShapeRule = (query) => {
  const { type, dims } = query.input(0);
  const given = query.has(1) ? query.numbers(1) : (numbersAttribute(query.node, 'axes') ?? []);
  if (given === undefined) return [undefined];
  if (given.length === 0 && numberAttribute(query.node, 'noop_with_empty_axes', 0) === 1) return [{ type, dims }];
  const axes = given.length === 0 ? dims.map((_, axis) => axis) : given.map((axis) => query.axis(axis, dims.length));
  return [{ type, dims: reduced(dims, axes, numberAttribute(query.node, 'keepdims', 1) === 1) }];
};

const position: ShapeRule = (query) => {
  const { dims } = query.input(0);
  const axis = query.axis(numberAttribute(query.node, 'axis', 0), dims.length);
  return [{ type: 'int64', dims: reduced(dims, [axis], numberAttribute(query.node, 'keepdims', 1) === 1) }];
};

function largest(query: ShapeQuery): Shape[] | undefined[] {
  const { type, dims } = query.input(0);
  const axis = query.axis(numberAttribute(query.node, 'axis', -1), dims.length);
  const count = query.opset < 10 ? numberAttribute(query.node, 'k', 1) : query.value(1)?.elements[0];
  if (count === undefined) return [undefined, undefined];
  const kept = dims.map((dim, index) => (index === axis ? count : dim));
  return [
    { type, dims: kept },
    { type: 'int64', dims: kept },
  ];
}

export const reductions: ShapeRules = {
  ...Object.fromEntries(
    'L1 L2 LogSum LogSumExp Max Mean Min Prod Sum SumSquare'.split(' ').map((kind) => [`Reduce${kind}`, reduction]),
  ),
  ArgMax: position,
  ArgMin: position,
  TopK: largest,
};
