/** Pools over windows and over the whole image, and the ways to change an image's resolution. */
import { numberAttribute, numbersAttribute, textAttribute } from '../attributes.ts';
import { describeDims, divideExactly, multiply } from '../dim.ts';
import type { Dim } from '../graph.ts';
import { slidingWindow } from '../window.ts';
import type { Shape, ShapeQuery, ShapeRule, ShapeRules } from './rule.ts';

function image(query: ShapeQuery, rank = 3): Shape {
  const shape = query.input(0);
  if (shape.dims.length < rank)
    throw query.problem(`it needs an image of rank ${rank} or more, but its input is ${describeDims(shape.dims)}`);
  return shape;
}

const pool: ShapeRule = (query) => {
  const { type, dims } = image(query);
  const kernel = numbersAttribute(query.node, 'kernel_shape') ?? [];
  if (kernel.length !== dims.length - 2)
    throw query.problem(`kernel_shape has ${kernel.length} values where ${dims.length - 2} were expected`);
  const pooled = [dims[0], dims[1], ...slidingWindow(query.node, dims.slice(2), kernel).output];
  return [
    { type, dims: pooled },
    { type: 'int64', dims: pooled },
  ];
};

const globalPool: ShapeRule = (query) => {
  const { type, dims } = image(query);
  return [{ type, dims: dims.map((dim, axis) => (axis < 2 ? dim : 1)) }];
};

function scaled(dims: readonly Dim[], scales: readonly number[]): Dim[] | undefined {
  const sizes = dims.map((dim, axis): Dim | undefined => {
    const scale = scales[axis] ?? 1;
    if (typeof dim === 'number') return Math.floor(dim * scale);
    return Number.isInteger(scale) ? multiply(dim, scale) : divideExactly(dim, 1 / scale);
  });
  return sizes.every((size) => size !== undefined) ? sizes : undefined;
}

/** Resize-11 and later: scales or sizes, perhaps for some axes only (opset 18), perhaps keeping the aspect ratio. */
function resizeTarget(query: ShapeQuery, dims: readonly Dim[]): Dim[] | undefined {
  const named = numbersAttribute(query.node, 'axes') ?? dims.map((_, axis) => axis);
  const axes = named.map((axis) => query.axis(axis, dims.length));
  const spread = <T>(values: readonly T[], fill: (axis: number) => T): T[] =>
    dims.map((_, axis) => (axes.includes(axis) ? values[axes.indexOf(axis)] : fill(axis)));
  const sizes = query.value(3)?.elements;
  if (sizes !== undefined && sizes.length > 0) {
    const policy = textAttribute(query.node, 'keep_aspect_ratio_policy', 'stretch');
    if (policy === 'stretch') return spread(sizes, (axis) => dims[axis]);
    const ratios = axes.map((axis, index) => Number(sizes[index]) / Number(dims[axis]));
    if (ratios.some(Number.isNaN)) return undefined;
    const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
    return spread(
      axes.map((axis): Dim => Math.round(Number(dims[axis]) * ratio)),
      (axis) => dims[axis],
    );
  }
  const scales = query.numbers(query.opset < 11 ? 1 : 2);
  return scales && scales.length > 0
    ? scaled(
        dims,
        spread(scales, () => 1),
      )
    : undefined;
}

export const pools: ShapeRules = {
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
  Resize: (query) => {
    const { type, dims } = query.input(0);
    const target = resizeTarget(query, dims);
    return [target && { type, dims: target }];
  },
  Upsample: (query) => {
    const { type, dims } = query.input(0);
    const scales = numbersAttribute(query.node, 'scales') ?? query.numbers(1);
    const target = scales && scaled(dims, scales);
    return [target && { type, dims: target }];
  },
  DepthToSpace: (query) => {
    const { type, dims } = image(query, 4);
    const block = numberAttribute(query.node, 'blocksize', 1);
    const channels = divideExactly(dims[1], block * block);
    if (channels === undefined) throw query.problem(`${dims[1]} channels are not a multiple of ${block}²`);
    return [{ type, dims: [dims[0], channels, multiply(dims[2], block), multiply(dims[3], block)] }];
  },
  SpaceToDepth: (query) => {
    const { type, dims } = image(query, 4);
    const block = numberAttribute(query.node, 'blocksize', 1);
    const [height, width] = [divideExactly(dims[2], block), divideExactly(dims[3], block)];
    if (height === undefined || width === undefined)
      throw query.problem(`an image of ${dims[2]} by ${dims[3]} is not a multiple of the block size ${block}`);
    return [{ type, dims: [dims[0], multiply(dims[1], block * block), height, width] }];
  },
};
