/**
 * Brings a graph to opset 18 or later, so that gradient rules need to know one form of each operator. Operators whose meaning never
 * changed pass; one with no way up is reported and left as it stands.
 */

import type { Graph, Node } from './graph.ts';
import { copyGraph, GraphBuilder } from './graph.ts';
import { usedValues } from './order.ts';
import { analyseShapes } from './shapes.ts';
import { arithmetic } from './upgrade/arithmetic.ts';
import type { Converter } from './upgrade/converter.ts';
import { layout } from './upgrade/layout.ts';
import { network } from './upgrade/network.ts';

export const TARGET_OPSET = 18;

/** The format version that came with opset 18. */
const TARGET_IR_VERSION = 8;

const CONVERTERS: Readonly<Record<string, Converter>> = { ...arithmetic, ...layout, ...network };

/** Experimental operators that ONNX withdrew without a successor. */
const WITHDRAWN = new Set(
  'ATen Affine Caffe2ConcatLike Crop DynamicSlice GRUUnit GivenTensorFill ImageScaler ParametricSoftplus Scale ScaledTanh'.split(
    ' ',
  ),
);

export interface UpgradeResult {
  graph: Graph;
  obstacles: { node: Node; reason: string }[];
}

const convertersOf = (op: string): Converter | undefined =>
  Object.hasOwn(CONVERTERS, op) ? CONVERTERS[op] : undefined;

/**
 * The same network in opset max(18, its own). `obstacles` are nodes that have no equal there, with the reason in words that
 * follow the node's name.
 *
 * @throws InputError where shapes contradict each other
 */
export function upgrade(graph: Graph): UpgradeResult {
  const { opset } = graph;
  if (opset >= TARGET_OPSET) return { graph, obstacles: [] };
  const analysis = analyseShapes(graph);
  const upgraded = copyGraph(graph);
  const builder = new GraphBuilder(upgraded);
  const nodes = upgraded.nodes;
  upgraded.nodes = [];
  upgraded.opset = TARGET_OPSET;
  upgraded.irVersion = Math.max(graph.irVersion, TARGET_IR_VERSION);
  const used = new Set([...nodes.flatMap(usedValues), ...graph.outputs.map(({ name }) => name)]);
  const obstacles: UpgradeResult['obstacles'] = [];
  for (const node of nodes) {
    const reason = obstacle(node);
    const converted =
      reason ?? (node.domain === '' ? convertersOf(node.op)?.({ node, opset, builder, analysis, used }) : node) ?? node;
    if (typeof converted === 'string') obstacles.push({ node, reason: converted });
    upgraded.nodes.push(typeof converted === 'string' ? node : converted);
  }
  return { graph: upgraded, obstacles };
}

function obstacle(node: Node): string | undefined {
  if (node.domain === '' && WITHDRAWN.has(node.op)) return 'was withdrawn from ONNX';
  const nested = Object.values(node.attributes).some((value) => typeof value === 'object' && 'nodes' in value);
  return nested ? 'holds a subgraph' : undefined;
}
