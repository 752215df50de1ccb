/** A loss that attacks maximise, in two equal forms: plain arithmetic for any engine, and graph operators for one-pass gradients. */
import type { Goal } from './goal.ts';

/** Writes ONNX operators; values are named. Implemented by the engine's graph builder. */
export interface GraphWriter {
  op(op: string, inputs: readonly string[], attributes?: Record<string, number | string | number[] | string[]>): string;
  ops(
    op: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Record<string, number | string | number[] | string[]>,
  ): string[];
  /** A float32 scalar constant. */
  scalar(value: number): string;
  /** An int64 vector constant. */
  shape(...values: number[]): string;
  /** Ones, [classes, 1]: MatMul by it sums a row without ReduceSum, whose bits depend on the batch. */
  ones(classes: number): string;
  /** One-hot row of the largest value (ties: the lowest index); [N, K] → [N, K]. */
  oneHotOfLargest(values: string, classes: number): string;
  /** One-hot rows of the first, second, … largest values. */
  oneHotOfTop(values: string, count: number, classes: number): string[];
}

export interface LossDefinition {
  name: string;
  title: string;
  reference: string;
  /** Fewest classes it is defined for. */
  minimumClasses: number;
  /** Loss of one row of logits; larger is nearer the goal. */
  value(logits: Float32Array, goal: Goal): number;
  /** d value / d logits. */
  cotangent(logits: Float32Array, goal: Goal): Float32Array;
  /** The same for a batch as graph operators. Absent: the engine runs forward, then a vector–Jacobian product. */
  graph?: {
    /** How many rows of K floats describe a goal. */
    rows: number;
    encode(goal: Goal, classes: number): Float32Array[];
    /** `logits` is [N, K], each of `rows` is [N, K]; returns value [N, 1] and cotangent [N, K]. */
    build(graph: GraphWriter, logits: string, rows: string[], classes: number): { value: string; cotangent: string };
  };
}

export function defineLoss(definition: LossDefinition): LossDefinition {
  return definition;
}
