/** What cannot be differentiated is named, all of it, before anything is built. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { differentiate, gradientObstacles } from '../../src/onnx/gradient/index.ts';
import { buildRegistry, findRule } from '../../src/onnx/gradient/registry.ts';
import { defineRule } from '../../src/onnx/gradient/rule.ts';
import { rules } from '../../src/onnx/gradient/rules/index.ts';
import type { Graph, Node } from '../../src/onnx/graph.ts';
import { GraphBuilder, tensor } from '../../src/onnx/graph.ts';
import { Draw, gradientGraph, graphOf, single } from './harness.ts';

const obstacles = (graph: Graph) =>
  gradientObstacles(graph, { output: graph.outputs[0].name, input: 'x' }).map(({ node, reason }) => [node.op, reason]);

describe('obstacles', () => {
  test('every operator in the way is listed, in order, with its reason', () => {
    const graph = graphOf(['N', 4], (b) => b.op('Neg', [b.op('Floor', [b.op('Relu', [b.op('Round', ['x'])])])]));
    const piecewise = 'is piecewise constant: its derivative is zero almost everywhere and says nothing about the loss';
    expect(obstacles(graph)).toEqual([
      ['Round', piecewise],
      ['Floor', piecewise],
    ]);
  });

  test('operators beside the path are none', () => {
    const graph = graphOf(['N', 4], (b) => b.op('Add', ['x', b.op('Round', [b.constant(new Draw(1).normals([4]))])]));
    expect(obstacles(graph)).toEqual([]);
  });

  test('a comparison or a shape computed from the image only selects', () => {
    const graph = graphOf(['N', 4], (b) => b.op('Where', [b.op('Less', ['x', b.scalar(0)]), b.op('Exp', ['x']), 'x']));
    expect(obstacles(graph)).toEqual([]);
  });

  test('an output that sees the image through comparisons alone has a gradient of zero by structure', () => {
    const zero = 'has a derivative of zero everywhere, and the logits depend on the image in no other way';
    const compared = graphOf(['N', 4], (b) => {
      const steps = [0.25, 0.75].map((level) =>
        b.op('Cast', [b.op('Greater', [b.op('Relu', ['x']), b.scalar(level)])], { to: 1 }),
      );
      return b.op('Neg', [b.op('Add', steps)]);
    });
    expect(obstacles(compared)).toEqual([
      ['Greater', zero],
      ['Greater', zero],
    ]);
    const selected = graphOf(['N', 4], (b) =>
      b.op('Where', [b.op('Less', ['x', b.scalar(0)]), b.scalar(1), b.scalar(-1)]),
    );
    expect(obstacles(selected)).toEqual([['Less', zero]]);
    // One smooth way beside them is enough.
    const beside = graphOf(['N', 4], (b) =>
      b.op('Add', ['x', b.op('Cast', [b.op('Greater', ['x', b.scalar(0)])], { to: 1 })]),
    );
    expect(obstacles(beside)).toEqual([]);
  });

  test.each([
    [
      'training-mode statistics',
      single('BatchNormalization', ['N', 2], Array(4).fill(tensor.float32([2], [1, 1])), { training_mode: 1 }),
      /training mode/,
    ],
    [
      'a cast to integers',
      graphOf(['N', 2], (b) => b.op('Cast', [b.op('Cast', ['x'], { to: 6 })], { to: 1 })),
      /int32 values, through which no gradient passes/,
    ],
    [
      'a kernel computed from the image',
      graphOf([1, 1, 3], (b) => b.op('ConvTranspose', ['x', 'x'])),
      /computes its input 1 .* from the image/,
    ],
    [
      'a reduction over the batch',
      single('ReduceMean', ['N', 4], [tensor.int64([1], [0])]),
      /axis 0, whose size is free/,
    ],
    [
      'cubic interpolation',
      single('Resize', [1, 1, 4, 4], [undefined, tensor.float32([4], [1, 1, 2, 2])], { mode: 'cubic' }),
      /mode cubic/,
    ],
    [
      'column-major pool indices',
      single('MaxPool', ['N', 1, 4, 4], [], { kernel_shape: [2, 2], storage_order: 1 }),
      /column-major/,
    ],
    [
      'another precision',
      graphOf(['N', 2], (b) => b.op('Cast', [b.op('Cast', ['x'], { to: 11 })], { to: 1 })),
      /float64, and gradients are derived in float32/,
    ],
  ] as [string, Graph, RegExp][])('%s', (_, graph, reason) => {
    const found = obstacles(graph);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0][1]).toMatch(reason);
  });

  test('a foreign operator domain is named, its text quoted', () => {
    const graph = single('Relu', ['N', 2]);
    graph.nodes[0].domain = 'evil\u001b[31m';
    expect(obstacles(graph)[0][1]).toContain('operator domain "evil\\u001b[31m"');
  });

  test('differentiate refuses with the same reasons and builds nothing', () => {
    const graph = single('Round', ['N', 2]);
    const before = graph.nodes.length;
    const run = () =>
      differentiate(new GraphBuilder(graph), { output: graph.outputs[0].name, cotangent: 'c', input: 'x' });
    expect(run).toThrow(InputError);
    expect(run).toThrow(/"Round" node .* is piecewise constant/);
    expect(graph.nodes.length).toBe(before);
  });

  test('an output that does not depend on the input', () => {
    const graph = graphOf(['N', 2], (b) => b.op('Relu', [b.constant(new Draw(1).normals([2]))]));
    expect(() => gradientGraph(graph)).toThrow(/does not depend on the input/);
  });
});

const relu = (since: number[]) => defineRule({ op: 'Relu', since, vjp: () => [] });

describe('registry', () => {
  const node: Node = { op: 'Relu', domain: '', name: '', inputs: [], outputs: [], attributes: {} };

  test('the newest version that the opset has is chosen', () => {
    const [old, recent] = [relu([6, 13]), relu([14])];
    const registry = buildRegistry([old, recent]);
    expect(findRule(node, 13, registry)).toBe(old);
    expect(findRule(node, 20, registry)).toBe(recent);
    expect(findRule(node, 5, registry)).toBeUndefined();
  });

  test('two rules for one version are an error', () => {
    expect(() => buildRegistry([relu([6, 13]), relu([13])])).toThrow('two gradient rules for Relu, version 13');
  });

  test('every operator with a kink says which sub-gradient it takes', () => {
    const kinked = [
      'Relu',
      'LeakyRelu',
      'PRelu',
      'Elu',
      'Clip',
      'HardSigmoid',
      'HardSwish',
      'Abs',
      'MaxPool',
      'GlobalMaxPool',
      'Max',
      'Min',
    ];
    for (const op of kinked) expect(rules.find((rule) => rule.op === op)?.ties, op).toBeTruthy();
  });
});
