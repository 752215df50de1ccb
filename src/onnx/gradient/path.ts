/**
 * Which part of a graph a gradient passes through, and what on it stands in the way. Everything is found before anything
 * is built, so that a refusal can name all its reasons at once.
 */

import { quote } from '../../quote.ts';
import type { Graph, Node } from '../graph.ts';
import type { Shape } from '../shapes/rule.ts';
import { inferShapes } from '../shapes.ts';
import { findRule } from './registry.ts';
import type { Rule, RuleContext } from './rule.ts';

export interface GradientObstacle {
  node: Node;
  /** The end of a sentence that begins with the node: 'is piecewise constant, …'. */
  reason: string;
}

const PIECEWISE_CONSTANT = new Set(
  ['Round', 'Floor', 'Ceil', 'Sign', 'ArgMax', 'ArgMin', 'OneHot', 'NonZero', 'Hardmax'].concat([
    'QuantizeLinear',
    'DynamicQuantizeLinear',
    'QLinearConv',
    'QLinearMatMul',
    'ConvInteger',
    'MatMulInteger',
  ]),
);
const RANDOM = new Set(['RandomNormalLike', 'RandomUniformLike', 'Bernoulli', 'Multinomial']);

export interface Step {
  node: Node;
  rule: Rule;
}

export interface BackwardPath {
  /** Nodes between inputs and output, in topological order. */
  steps: Step[];
  /** Values that depend on an input and that the output depends on. */
  active: ReadonlySet<string>;
  obstacles: GradientObstacle[];
}

/** Whether a gradient could pass through this input position. */
const carries = (rule: Rule | undefined, position: number): boolean => !(rule?.inert?.includes(position) ?? false);

function missingRule(node: Node): string {
  if (PIECEWISE_CONSTANT.has(node.op))
    return 'is piecewise constant: its derivative is zero almost everywhere and says nothing about the loss';
  if (RANDOM.has(node.op)) return 'is random, so its gradient is not a function of the image';
  if (['If', 'Loop', 'Scan'].includes(node.op))
    return 'branches or loops over a graph of its own, which has no gradient rule';
  if (node.domain !== '' && node.domain !== 'ai.onnx')
    return `belongs to the operator domain ${quote(node.domain)}, for which there are no gradient rules`;
  return 'has no gradient rule';
}

const isActivePosition = (node: Node, rule: Rule, active: ReadonlySet<string>, position: number): boolean =>
  active.has(node.inputs[position]) && carries(rule, position);

function whyNot(node: Node, rule: Rule, active: ReadonlySet<string>, context: RuleContext): string | undefined {
  const unsupported = node.inputs.findIndex(
    (_, position) => isActivePosition(node, rule, active, position) && !(rule.wrt?.includes(position) ?? true),
  );
  if (unsupported >= 0)
    return `computes its input ${unsupported} (${quote(node.inputs[unsupported])}) from the image, and has a gradient rule only where that is a constant`;
  if (!rule.everyOutput && node.outputs.some((name, index) => index > 0 && active.has(name)))
    return 'has a gradient rule for its first output only, and another one is used';
  const reason = rule.refuses?.(context);
  return reason === undefined ? undefined : `cannot be differentiated: ${reason}`;
}

/** Finds the nodes between `inputs` and `output`, their rules, and everything without one. */
export function backwardPath(
  graph: Graph,
  { output, inputs }: { output: string; inputs: readonly string[] },
  shapes: ReadonlyMap<string, Shape> = inferShapes(graph),
): BackwardPath {
  const rules = new Map(graph.nodes.map((node) => [node, findRule(node, graph.opset)]));
  const reachable = new Set(inputs);
  for (const node of graph.nodes)
    if (node.inputs.some((name, position) => reachable.has(name) && carries(rules.get(node), position)))
      for (const name of node.outputs) if (name !== '') reachable.add(name);

  if (!reachable.has(output)) return { steps: [], active: new Set(), obstacles: severing(graph, output, reachable) };

  const active = new Set([output]);
  const steps: Step[] = [];
  const obstacles: GradientObstacle[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => active.has(name))) continue;
    const rule = rules.get(node);
    node.inputs.forEach((name, position) => {
      if (reachable.has(name) && carries(rule, position)) active.add(name);
    });
    if (rule === undefined) {
      obstacles.unshift({ node, reason: missingRule(node) });
      continue;
    }
    const reason = shapeProblem(node, active, shapes) ?? whyNot(node, rule, active, ruleContext(graph, node, shapes));
    if (reason === undefined) steps.unshift({ node, rule });
    else obstacles.unshift({ node, reason });
  }
  return { steps, active, obstacles };
}

/** Where no gradient reaches the output: the nodes that let the image through as a comparison or a selection alone. */
function severing(graph: Graph, output: string, reachable: ReadonlySet<string>): GradientObstacle[] {
  const leading = new Set([output]);
  const obstacles: GradientObstacle[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => leading.has(name))) continue;
    for (const name of node.inputs) leading.add(name);
    if (node.inputs.some((name) => reachable.has(name)) && !node.outputs.some((name) => reachable.has(name)))
      obstacles.unshift({
        node,
        reason: 'has a derivative of zero everywhere, and the logits depend on the image in no other way',
      });
  }
  return obstacles;
}

function shapeProblem(node: Node, active: ReadonlySet<string>, shapes: ReadonlyMap<string, Shape>): string | undefined {
  for (const name of [...node.inputs, ...node.outputs]) {
    const shape = shapes.get(name);
    if (shape === undefined && active.has(name))
      return `cannot be differentiated: the shape of ${quote(name)} is unknown`;
    if (shape !== undefined && active.has(name) && shape.type !== 'float32')
      return shape.type.startsWith('float')
        ? `computes in ${shape.type}, and gradients are derived in float32 only`
        : `turns the image into ${shape.type} values, through which no gradient passes`;
  }
  return undefined;
}

export const ruleContext = (graph: Graph, node: Node, shapes: ReadonlyMap<string, Shape>): RuleContext => ({
  node,
  dims(value) {
    const dims = graph.initializers.get(value)?.dims ?? shapes.get(value)?.dims;
    if (dims === undefined) throw new Error(`no shape for ${quote(value)}`);
    return dims;
  },
  constant: (value) => (value === undefined ? undefined : graph.initializers.get(value)),
});

/**
 * Everything between `input` and `output` that has no gradient, with the reason; empty when a gradient can be derived.
 *
 * @param graph upgraded to opset ≥ 18, constants folded into initializers
 * @throws InputError when the shapes in the graph contradict each other
 */
export const gradientObstacles = (graph: Graph, options: { output: string; input: string }): GradientObstacle[] =>
  backwardPath(graph, { output: options.output, inputs: [options.input] }).obstacles;
