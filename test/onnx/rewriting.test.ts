/** Folding and freeing the batch: what is left computes the same. */
import { describe, expect, it } from 'vitest';
import { freeBatch } from '../../src/onnx/batch.ts';
import { fold } from '../../src/onnx/fold.ts';
import type { Dim, Graph, GraphBuilder } from '../../src/onnx/graph.ts';
import { elementCount, tensor } from '../../src/onnx/graph.ts';
import { build, largestDifference, numbers, run } from './models.ts';

const image = (batch: Dim, ...dims: number[]) => [{ name: 'x', type: 'float32' as const, dims: [batch, ...dims] }];

const weights = (builder: GraphBuilder, ...dims: number[]) =>
  builder.constant(tensor.float32(dims, numbers(elementCount(dims), 3)));

const ops = (graph: Graph) => graph.nodes.map(({ op }) => op);

async function output(graph: Graph, batch: number, data: Float32Array): Promise<Float32Array> {
  const dims = [batch, ...graph.inputs[0].dims.slice(1).map(Number)];
  return (await run(graph, { x: { dims, data } }))[graph.outputs[0].name].data;
}

describe('fold', () => {
  it('leaves one Reshape of PyTorch’s x.view(x.size(0), -1)', async () => {
    const graph = build(image('N', 4, 2, 3), (builder) => {
      const size = builder.op('Gather', [builder.op('Shape', ['x']), builder.constant(tensor.int64([], [0]))]);
      const target = builder.op('Concat', [builder.op('Unsqueeze', [size, builder.shape(0)]), builder.shape(-1)], {
        axis: 0,
      });
      return builder.op('Reshape', ['x', target]);
    });
    const folded = fold(graph);
    expect(ops(folded)).toEqual(['Reshape']);
    const data = numbers(48);
    expect(await output(folded, 2, data)).toEqual(await output(graph, 2, data));
  });

  it('computes what is done to weights alone, in float32', async () => {
    const graph = build(image('N', 3), (builder) => {
      const scaled = builder.op('Div', [
        builder.op('Transpose', [weights(builder, 5, 3)]),
        builder.op('Sqrt', [weights(builder, 5)]),
      ]);
      return builder.op('MatMul', ['x', builder.op('Sub', [scaled, builder.op('Neg', [weights(builder, 3, 1)])])]);
    });
    const folded = fold(graph);
    expect(ops(folded)).toEqual(['MatMul']);
    expect(await output(folded, 2, numbers(6))).toEqual(await output(graph, 2, numbers(6)));
  });

  it('dequantises weights, per channel', async () => {
    const graph = build(image('N', 3, 2), (builder) => {
      const quantised = builder.constant({ type: 'int8', dims: [3, 2], data: Int8Array.of(-128, 127, 3, -4, 5, 6) });
      const scale = builder.constant(tensor.float32([2], [0.1, 0.3]));
      const zero = builder.constant({ type: 'int8', dims: [2], data: Int8Array.of(1, -2) });
      return builder.op('Add', ['x', builder.op('DequantizeLinear', [quantised, scale, zero], { axis: 1 })]);
    });
    const folded = fold(graph);
    expect(ops(folded)).toEqual(['Add']);
    expect(await output(folded, 2, numbers(12))).toEqual(await output(graph, 2, numbers(12)));
  });

  it('settles Slices to the end, Expands of kept axes and Resizes to a computed size', async () => {
    const graph = build(image('N', 2, 4, 4), (builder) => {
      const shape = builder.op('Shape', ['x']);
      const start = (from: number, to: number) => builder.op('Slice', [shape, builder.shape(from), builder.shape(to)]);
      const sliced = builder.op('Slice', ['x', builder.shape(0), start(0, 1), builder.shape(0)]);
      const expanded = builder.op('Expand', [sliced, shape]);
      const doubled = builder.op('Mul', [start(2, 4), builder.shape(2)]);
      return builder.op('Resize', [expanded, '', '', builder.op('Concat', [start(0, 2), doubled], { axis: 0 })]);
    });
    const folded = fold(graph);
    expect(ops(folded)).toEqual(['Slice', 'Expand', 'Resize']);
    expect(await output(folded, 3, numbers(96))).toEqual(await output(graph, 3, numbers(96)));
  });
});

/** A graph with its batch baked in, its freed form run on two images, and each image run alone through the original. */
async function expectFreed(graph: Graph): Promise<void> {
  const freed = freeBatch(graph);
  expect(freed.inputs[0].dims[0]).toBe('N');
  expect(freed.outputs[0].dims[0]).toBe('N');
  const size = elementCount(graph.inputs[0].dims.map(Number));
  const data = numbers(2 * size);
  const alone = [await output(graph, 1, data.subarray(0, size)), await output(graph, 1, data.subarray(size))];
  expect(
    largestDifference(await output(freed, 2, data), Float32Array.from(alone.flatMap((part) => [...part]))),
  ).toBeLessThan(1e-5);
}

describe('freeBatch', () => {
  it('opens a Reshape that repeats the batch', () =>
    expectFreed(
      build(image(1, 4, 2, 2), (builder) =>
        builder.op('MatMul', [builder.op('Reshape', ['x', builder.shape(1, 16)]), weights(builder, 16, 3)]),
      ),
    ));

  it('opens a Reshape whose open axis is another one', () =>
    expectFreed(
      build(image(1, 4, 2, 2), (builder) =>
        builder.op('MatMul', [builder.op('Reshape', ['x', builder.shape(1, -1)]), weights(builder, 16, 3)]),
      ),
    ));

  it('opens a channel shuffle', () =>
    expectFreed(
      build(image(1, 4, 2, 3), (builder) => {
        const grouped = builder.op('Reshape', ['x', builder.shape(1, 2, 2, 2, 3)]);
        const swapped = builder.op('Transpose', [grouped], { perm: [0, 2, 1, 3, 4] });
        return builder.op('Flatten', [builder.op('Reshape', [swapped, builder.shape(1, 4, 2, 3)])]);
      }),
    ));

  it('opens Reshapes that drop the batch and bring it back', () =>
    expectFreed(
      build(image(1, 4, 2, 2), (builder) => {
        const flat = builder.op('Reshape', ['x', builder.shape(16)]);
        return builder.op('Relu', [builder.op('Reshape', [flat, builder.shape(1, 16)])]);
      }),
    ));

  it('follows a batch that was transposed inwards', () =>
    expectFreed(
      build(image(1, 3, 4), (builder) => {
        const inner = builder.op('Transpose', ['x'], { perm: [1, 0, 2] });
        const heads = builder.op('Reshape', [inner, builder.shape(3, 2, 2)]);
        const outer = builder.op('Transpose', [heads], { perm: [1, 0, 2] });
        return builder.op('Flatten', [builder.op('Reshape', [outer, builder.shape(1, 2, 3, 2)])]);
      }),
    ));

  it('names the batch N whatever the file calls it', () => {
    const graph = build(image('unk__17', 4), (builder) => builder.op('Relu', ['x']));
    expect(freeBatch(graph).outputs[0].dims).toEqual(['N', 4]);
  });

  const refused: [string, (builder: GraphBuilder) => string, RegExp][] = [
    [
      'a Softmax over the batch',
      (builder) => builder.op('Softmax', ['x'], { axis: 0 }),
      /"Softmax".*works along the batch/,
    ],
    [
      'a mean over everything',
      (builder) => builder.op('Sub', ['x', builder.op('ReduceMean', ['x'])]),
      /"ReduceMean".*works along the batch/,
    ],
    [
      'dynamic quantisation',
      (builder) => builder.op('Cast', [builder.ops('DynamicQuantizeLinear', ['x'], 3)[0]], { to: 1 }),
      /"DynamicQuantizeLinear".*works along the batch/,
    ],
    [
      'padding of the batch',
      (builder) => builder.op('Pad', ['x', builder.shape(1, 0, 0, 0)]),
      /"Pad".*along the batch/,
    ],
    [
      'the first example alone',
      (builder) => builder.op('Gather', ['x', builder.shape(0)]),
      /"Gather".*works along the batch/,
    ],
    [
      'a constant row for every example',
      (builder) => builder.op('Concat', ['x', weights(builder, 1, 4)], { axis: 1 }),
      /"Concat".*without the batch/,
    ],
    [
      'an operator it does not know',
      (builder) => builder.op('Einsum', ['x'], { equation: 'ij->ij' }),
      /"Einsum".*not known well enough/,
    ],
  ];
  it.each(refused)('refuses %s and names the node', (_, write, message) => {
    expect(() => freeBatch(build(image(1, 4), write))).toThrow(message);
  });

  it('refuses a free batch whose images influence each other', () => {
    const graph = build(image('N', 4), (builder) => builder.op('Softmax', ['x'], { axis: 0 }));
    expect(() => freeBatch(graph)).toThrow(/influence each other.*"Softmax"/);
  });
});
