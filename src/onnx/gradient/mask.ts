/** 0/1 masks as float32 tensors, without branches. */
import type { Emitter } from './emitter.ts';

/** The largest slope for which slope × the smallest normal number is still finite and at least 1. */
const STEEP = 3e38;

/**
 * 1 where value > 0, else 0: a hard sigmoid of slope 3e38, measured faster than a comparison and a cast and equal to it,
 * except that positive numbers below 3.3e-39 (denormals) give less than 1. NaN stays NaN.
 */
export const positive = (emit: Emitter, value: string): string =>
  emit.op('HardSigmoid', [value], { alpha: STEEP, beta: 0 });

/** 1 where value < 0, else 0. */
export const negative = (emit: Emitter, value: string): string =>
  emit.op('HardSigmoid', [value], { alpha: -STEEP, beta: 0 });

/** A comparison as 0/1. */
export const compare = (emit: Emitter, op: 'Equal' | 'GreaterOrEqual', a: string, b: string): string =>
  emit.op('Cast', [emit.op(op, [a, b])], { to: FLOAT });

/** ONNX's TensorProto.FLOAT. */
const FLOAT = 1;
