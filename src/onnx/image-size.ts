/** A network at another image size: whether it works there, and if not which layer prevents it. */
import type { InputError } from '../errors.ts';
import { BATCH } from './dim.ts';
import type { Dim, Graph, Node } from './graph.ts';
import { nodeLabel } from './graph.ts';
import { readLayout } from './image-input.ts';
import type { ShapeAnalysis } from './shapes.ts';
import { analyseShapes } from './shapes.ts';

/** Where the height stands among the axes of an image input. */
const heightAxis = (dims: readonly Dim[]): number => (readLayout(dims) === 'NCHW' ? 2 : 1);

/** The graph with its image input declared as [height, width], which the file may have left open or fixed otherwise. */
export function withImageSize(graph: Graph, [height, width]: readonly [number, number]): Graph {
  const inputs = graph.inputs.map((input) => {
    if (input.dims.length !== 4) return input;
    const axis = heightAxis(input.dims);
    return { ...input, dims: input.dims.with(axis, height).with(axis + 1, width) };
  });
  return { ...graph, inputs };
}

/** Elements of a value per image; undefined where they depend on a name. */
function perImage(dims: readonly Dim[] | undefined): number | undefined {
  const own = dims?.slice(1);
  return own?.every((dim) => typeof dim === 'number') ? own.reduce((product, dim) => product * dim, 1) : undefined;
}

/** Whether a node still makes one row per image. */
const keepsBatch = (analysis: ShapeAnalysis, node: Node): boolean =>
  analysis.shapes.get(node.outputs[0] ?? '')?.dims[0] === BATCH;

/**
 * Why a network cannot take images of another size than the one it was exported for, and the mend; undefined where it can. Typically a
 * Flatten feeds a Linear layer, whose weight has a row for every pixel.
 *
 * @param graph with its batch free
 * @param size [height, width]
 */
export function explainImageSize(graph: Graph, size: readonly [number, number]): string | undefined {
  const dims = graph.inputs[0]?.dims ?? [];
  if (dims.length !== 4) return undefined;
  const contradictions: { node: Node; error: InputError }[] = [];
  const expected = analyseShapes(graph);
  const found = analyseShapes(withImageSize(graph, size), (node, error) => contradictions.push({ node, error }));
  const axis = heightAxis(dims);
  const [height, width] = [dims[axis], dims[axis + 1]];
  const given = `${size[0]} by ${size[1]}`;
  const fixed = typeof height === 'number' && typeof width === 'number' ? `${height} by ${width}` : undefined;
  const mend = `Resize the images to ${fixed ?? 'the size it was trained on'}, or use a network with global average pooling, which takes any size.`;
  // Where shapes contradict each other, where a Reshape to [-1, 576] meets 4 · 576 values, and where it meets a number that 576 does not divide.
  const node =
    graph.nodes.find((candidate) => keepsBatch(expected, candidate) && !keepsBatch(found, candidate)) ??
    contradictions[0]?.node;
  if (node === undefined) return undefined;
  const [wanted, offered] = [expected, found].map(({ shapes }) => perImage(shapes.get(node.inputs[0])?.dims));
  if (wanted === undefined || offered === undefined || wanted === offered || !/^(Reshape|Gemm|MatMul)$/.test(node.op))
    return `Images of ${given} do not fit this network. ${contradictions[0]?.error.message ?? nodeLabel(node)}\n${mend}`;
  return `${nodeLabel(node)} takes ${wanted} values per image${fixed ? `, as images of ${fixed} give` : ''}; images of ${given} give ${offered}.\n${mend}`;
}
