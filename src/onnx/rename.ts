/** Renames a value wherever it is made, read or declared, subgraphs included. */
import type { Attribute, Graph } from './graph.ts';
import { copyGraph } from './graph.ts';

/** The graph with value `from` called `to`, a name that nothing else has. */
export function renameValue(graph: Graph, from: string, to: string): Graph {
  const renamed = (name: string): string => (name === from ? to : name);
  const copy = copyGraph(graph);
  for (const node of copy.nodes) {
    node.inputs = node.inputs.map(renamed);
    node.outputs = node.outputs.map(renamed);
    node.attributes = Object.fromEntries(
      Object.entries(node.attributes).map(([name, value]): [string, Attribute] => [
        name,
        typeof value === 'object' && 'nodes' in value ? renameValue(value, from, to) : value,
      ]),
    );
  }
  for (const value of [...copy.inputs, ...copy.outputs]) value.name = renamed(value.name);
  copy.initializers = new Map([...copy.initializers].map(([name, value]) => [renamed(name), value]));
  return copy;
}
