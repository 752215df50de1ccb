/** Which nodes come before which, and which matter at all. Values that a subgraph takes from outside count as its node's inputs. */
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import type { Graph, Node } from './graph.ts';
import { nodeLabel } from './graph.ts';

function captured(graph: Graph): string[] {
  const own = new Set([
    ...graph.initializers.keys(),
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const used = [...graph.nodes.flatMap(usedValues), ...graph.outputs.map(({ name }) => name)];
  return used.filter((name) => !own.has(name));
}

/** Names of all values a node reads, those its subgraphs capture included. */
export function usedValues(node: Node): string[] {
  const inner = Object.values(node.attributes).flatMap((attribute) =>
    typeof attribute === 'object' && 'nodes' in attribute ? captured(attribute) : [],
  );
  return [...node.inputs.filter((name) => name !== ''), ...inner];
}

/**
 * The nodes in topological order, keeping the file's own order where that already is one.
 *
 * @throws InputError where a value is made twice, never, or from itself
 */
export function inOrder(graph: Graph): Node[] {
  const makers = new Map<string, Node>();
  for (const node of graph.nodes)
    for (const output of node.outputs) {
      if (output === '') continue;
      if (makers.has(output))
        throw new InputError(`Two nodes make the value ${quote(output)}.`, 'Export the model again.');
      makers.set(output, node);
    }
  const given = new Set([...graph.initializers.keys(), ...graph.inputs.map(({ name }) => name)]);
  const state = new Map<Node, 'open' | 'done'>();
  const ordered: Node[] = [];
  // An explicit stack: networks are deeper than the call stack.
  for (const root of graph.nodes) {
    const stack = [root];
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      if (state.get(node) === 'done') {
        stack.pop();
        continue;
      }
      state.set(node, 'open');
      const waiting: Node[] = [];
      for (const name of usedValues(node)) {
        if (given.has(name)) continue;
        const maker = makers.get(name);
        if (maker === undefined)
          throw new InputError(
            `${nodeLabel(node)} reads ${quote(name)}, which nothing makes.`,
            'Export the model again.',
          );
        if (state.get(maker) === 'done') continue;
        if (state.get(maker) === 'open')
          throw new InputError(
            `${nodeLabel(node)} depends on its own output through ${quote(name)}.`,
            'Export the model again.',
          );
        waiting.push(maker);
      }
      if (waiting.length > 0) {
        stack.push(waiting[0]);
        continue;
      }
      state.set(node, 'done');
      ordered.push(node);
      stack.pop();
    }
  }
  for (const { name } of graph.outputs)
    if (!given.has(name) && !makers.has(name))
      throw new InputError(`The output ${quote(name)} is made by no node.`, 'Export the model again.');
  return ordered;
}

/** The graph without nodes and initializers on which no output depends; `graph.outputs` decides. */
export function withoutUnused(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const kept: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const name of usedValues(node)) needed.add(name);
    kept.push(node);
  }
  return {
    ...graph,
    nodes: kept.toReversed(),
    initializers: new Map([...graph.initializers].filter(([name]) => needed.has(name))),
  };
}
