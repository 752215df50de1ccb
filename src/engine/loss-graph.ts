/** The engine's half of the loss contract: writes loss operators with a graph builder, and keeps shared pieces once. */
import { type GraphBuilder, tensor } from '../onnx/graph.ts';
import type { GraphWriter } from '../plugin/loss.ts';

/** A writer for losses on top of a graph builder. Not valid past the graph it was made for. */
export function lossWriter(builder: GraphBuilder): GraphWriter {
  const shared = new Map<string, string>();
  const once = (key: string, make: () => string): string => {
    const name = shared.get(key) ?? make();
    shared.set(key, name);
    return name;
  };
  const indices = (classes: number) =>
    once(`indices ${classes}`, () =>
      builder.constant(
        tensor.int64(
          [1, classes],
          Array.from({ length: classes }, (_, i) => i),
        ),
        'classes',
      ),
    );
  const oneHot = (index: string, classes: number) =>
    builder.op('Cast', [builder.op('Equal', [index, indices(classes)])], { to: FLOAT });
  return {
    op: (op, inputs, attributes) => builder.op(op, inputs, attributes),
    ops: (op, inputs, outputs, attributes) => builder.ops(op, inputs, outputs, attributes),
    scalar: (value) => once(`scalar ${value}`, () => builder.scalar(value)),
    shape: (...values) => builder.shape(...values),
    ones: (classes) =>
      once(`ones ${classes}`, () =>
        builder.constant(tensor.float32([classes, 1], new Float32Array(classes).fill(1)), 'ones'),
      ),
    oneHotOfLargest: (values, classes) => oneHot(builder.op('ArgMax', [values], { axis: 1, keepdims: 1 }), classes),
    oneHotOfTop(values, count, classes) {
      const [, order] = builder.ops('TopK', [values, builder.shape(count)], 2, { axis: 1, largest: 1, sorted: 1 });
      const ranks = count === 1 ? [order] : builder.ops('Split', [order], count, { axis: 1, num_outputs: count });
      return ranks.map((rank) => oneHot(rank, classes));
    },
  };
}

/** TensorProto.FLOAT, the target of a Cast. */
const FLOAT = 1;
