/** Finding the rule for a node: by operator and by the operator version that the graph's opset selects. */
import type { Node } from '../graph.ts';
import type { Rule } from './rule.ts';
import { rules } from './rules/index.ts';

export type Registry = ReadonlyMap<string, ReadonlyMap<number, Rule>>;

/** @throws Error when two rules claim the same operator version */
export function buildRegistry(list: readonly Rule[]): Registry {
  const registry = new Map<string, Map<number, Rule>>();
  for (const rule of list) {
    const versions = registry.get(rule.op) ?? new Map<number, Rule>();
    registry.set(rule.op, versions);
    for (const version of rule.since) {
      if (versions.has(version)) throw new Error(`two gradient rules for ${rule.op}, version ${version}`);
      versions.set(version, rule);
    }
  }
  return registry;
}

export const registry = buildRegistry(rules);

/** The rule of the newest operator version that is not newer than the opset; `undefined` if there is none. */
export function findRule(node: Node, opset: number, among: Registry = registry): Rule | undefined {
  if (node.domain !== '' && node.domain !== 'ai.onnx') return undefined;
  let found: [version: number, rule: Rule] | undefined;
  for (const [version, rule] of among.get(node.op) ?? [])
    if (version <= opset && version > (found?.[0] ?? 0)) found = [version, rule];
  return found?.[1];
}
