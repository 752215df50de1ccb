/**
 * Receptive fields: how many input pixels along each axis can change one value, and how far apart (the jump) the fields of neighbouring
 * values lie. A window of K taps, dilation D and stride S makes r + D(K−1)·j of r, and j·S of j (Araujo, Norris and Sim, Distill 2019).
 */
import { numberAttribute, textAttribute } from './attributes.ts';
import type { Dim, Graph, Node } from './graph.ts';
import type { Window } from './window.ts';

/** Per axis, height first; 'image' where every pixel counts. */
export type ReceptiveField = { size: number[]; jump: number[] } | 'image';

/** Statistics over all pixels, or products with a weight for every one. */
const GLOBAL = new Set(
  'GlobalAveragePool GlobalMaxPool GlobalLpPool InstanceNormalization GroupNormalization LayerNormalization Gemm MatMul'.split(
    ' ',
  ),
);

function widest(fields: readonly ReceptiveField[]): ReceptiveField {
  return fields.reduce((left, right) =>
    left === 'image' || right === 'image'
      ? 'image'
      : {
          size: left.size.map((size, axis) => Math.max(size, right.size[axis])),
          jump: left.jump.map((jump, axis) => Math.max(jump, right.jump[axis])),
        },
  );
}

function throughWindow(
  field: ReceptiveField,
  { kernel, strides, dilations }: Window,
  transposed: boolean,
): ReceptiveField {
  if (field === 'image') return field;
  const reach = (axis: number) => dilations[axis] * (kernel[axis] - 1);
  return {
    size: field.size.map(
      (size, axis) =>
        // A transposed window spreads every input value over `reach` outputs, S apart.
        size + (transposed ? Math.ceil((reach(axis) + 1) / strides[axis]) - 1 : reach(axis)) * field.jump[axis],
    ),
    jump: field.jump.map((jump, axis) => (transposed ? jump / strides[axis] : jump * strides[axis])),
  };
}

/** Resampled by a factor per axis: the pixels lie closer, and interpolation looks at one neighbour more. */
function throughResize(
  field: ReceptiveField,
  node: Node,
  before: readonly Dim[],
  after: readonly Dim[],
): ReceptiveField {
  if (field === 'image') return field;
  const neighbours = { nearest: 0, linear: 1, cubic: 3 }[textAttribute(node, 'mode', 'nearest')] ?? 0;
  const factors = field.size.map((_, axis) => Number(after[axis + 2]) / Number(before[axis + 2]));
  if (factors.some((factor) => !(factor > 0))) return 'image';
  return {
    size: field.size.map((size, axis) => size + neighbours * field.jump[axis]),
    jump: field.jump.map((jump, axis) => jump / factors[axis]),
  };
}

function throughBlocks(field: ReceptiveField, node: Node): ReceptiveField {
  if (field === 'image') return field;
  const block = numberAttribute(node, 'blocksize', 1);
  if (node.op === 'DepthToSpace') return { size: field.size, jump: field.jump.map((jump) => jump / block) };
  return {
    size: field.size.map((size, axis) => size + (block - 1) * field.jump[axis]),
    jump: field.jump.map((jump) => jump * block),
  };
}

const samePixels = (before: readonly Dim[], after: readonly Dim[]): boolean =>
  after.length >= 3 && before.at(-1) === after.at(-1) && before.at(-2) === after.at(-2);

/**
 * Receptive fields of all values that depend on the graph's first input, an image.
 *
 * @param windows of the convolutions and pools among the nodes
 */
export function receptiveFields(
  graph: Graph,
  shapes: ReadonlyMap<string, { dims: Dim[] }>,
  windows: ReadonlyMap<Node, Window>,
): Map<string, ReceptiveField> {
  const fields = new Map<string, ReceptiveField>();
  const [image] = graph.inputs;
  if (image === undefined || image.dims.length < 3) return fields;
  const axes = Array.from({ length: image.dims.length - 2 }, () => 1);
  fields.set(image.name, { size: axes, jump: axes });
  for (const node of graph.nodes) {
    const incoming = node.inputs.flatMap((name) => fields.get(name) ?? []);
    if (incoming.length === 0) continue;
    const window = windows.get(node);
    const after = shapes.get(node.outputs[0])?.dims;
    const before = shapes.get(node.inputs.find((name) => fields.has(name)) ?? '')?.dims;
    const field = through(node, widest(incoming), window, before, after);
    for (const output of node.outputs) fields.set(output, field);
  }
  return fields;
}

function through(
  node: Node,
  field: ReceptiveField,
  window: Window | undefined,
  before: readonly Dim[] | undefined,
  after: readonly Dim[] | undefined,
): ReceptiveField {
  if (window) return throughWindow(field, window, node.op === 'ConvTranspose');
  if (GLOBAL.has(node.op) || before === undefined || after === undefined) return 'image';
  if (node.op === 'Resize' || node.op === 'Upsample') return throughResize(field, node, before, after);
  if (node.op === 'DepthToSpace' || node.op === 'SpaceToDepth') return throughBlocks(field, node);
  const keepsPixels = node.op === 'Transpose' || node.op === 'Pad' || node.op === 'Slice' || samePixels(before, after);
  return keepsPixels ? field : 'image';
}
