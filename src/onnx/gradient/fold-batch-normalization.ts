/**
 * Folds inference-time BatchNormalization into the convolution before it. The runtime does the same to the forward pass;
 * done before differentiation it also saves the backward pass one multiplication for every such pair.
 */
import { numberAttribute } from '../attributes.ts';
import type { Graph, Node, Tensor } from '../graph.ts';
import { copyGraph, tensor } from '../graph.ts';
import { elementsOf, float32Of } from './constants.ts';

/** y = slope·x + offset per channel. */
function affine(graph: Graph, node: Node): { slope: number[]; offset: number[] } | undefined {
  const constants = node.inputs.slice(1).map((name) => graph.initializers.get(name));
  if (numberAttribute(node, 'training_mode', 0) === 1) return undefined;
  if (constants.length !== 4 || constants.some((value) => value?.type !== 'float32')) return undefined;
  const [scale, bias, mean, variance] = constants.map((value) => (value === undefined ? [] : elementsOf(value)));
  const epsilon = numberAttribute(node, 'epsilon', 1e-5);
  const slope = scale.map((factor, channel) => factor / Math.sqrt(variance[channel] + epsilon));
  return { slope, offset: bias.map((shift, channel) => shift - mean[channel] * slope[channel]) };
}

/** The kernel with each output channel multiplied by its slope. */
function scaled(kernel: Tensor, slope: readonly number[]): Tensor {
  const data = float32Of(kernel).slice();
  const size = data.length / slope.length;
  for (const [channel, factor] of slope.entries())
    for (let place = channel * size; place < (channel + 1) * size; place++) data[place] *= factor;
  return tensor.float32(kernel.dims, data);
}

/**
 * A graph in which every `Conv` with constant float32 weights, read by nothing but a `BatchNormalization` with constant
 * parameters, computes both. Values keep their names; results differ by float32 rounding.
 */
export function foldBatchNormalization(graph: Graph): Graph {
  const folded = copyGraph(graph);
  const producers = new Map(folded.nodes.map((node) => [node.outputs[0], node]));
  const reads = new Map<string, number>();
  const names = [...folded.nodes.flatMap((node) => node.inputs), ...folded.outputs.map((output) => output.name)];
  for (const name of names) reads.set(name, (reads.get(name) ?? 0) + 1);

  const gone = new Set<Node>();
  for (const node of folded.nodes) {
    if (node.op !== 'BatchNormalization' || node.domain !== '' || node.outputs.length > 1) continue;
    const conv = producers.get(node.inputs[0]);
    if (conv?.op !== 'Conv' || conv.domain !== '' || reads.get(node.inputs[0]) !== 1) continue;
    const kernel = folded.initializers.get(conv.inputs[1]);
    const bias = conv.inputs[2] ? folded.initializers.get(conv.inputs[2]) : undefined;
    const map = affine(folded, node);
    if (kernel?.type !== 'float32' || map === undefined || (conv.inputs[2] && bias?.type !== 'float32')) continue;
    const before = bias === undefined ? map.slope.map(() => 0) : elementsOf(bias);
    const shift = before.map((value, channel) => value * map.slope[channel] + map.offset[channel]);
    // Fresh initializers: other nodes may share the old ones.
    const [output] = node.outputs;
    folded.initializers.set(`${output} kernel`, scaled(kernel, map.slope));
    folded.initializers.set(`${output} bias`, tensor.float32([shift.length], shift));
    const inputs = [conv.inputs[0], `${output} kernel`, `${output} bias`];
    Object.assign(node, { op: 'Conv', inputs, attributes: conv.attributes });
    gone.add(conv);
  }
  folded.nodes = folded.nodes.filter((node) => !gone.has(node));
  return folded;
}
