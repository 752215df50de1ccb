/** Points along lines through points, in WebAssembly: in JavaScript a momentum step takes longer than the steepest-ascent step in it. */
import { Kernel } from './kernel.ts';
import { bytes } from './line.wasm.ts';

interface Functions {
  mix(length: number, forth: number, on: number, from: number, to: number, before: number): void;
}

const kernel = new Kernel<Functions>(bytes);

/** point ← origin + share · (point − origin), in place, each value computed in float64. */
export function drawTowards(point: Float32Array, origin: Float32Array, share: number): void {
  const size = kernel.write(origin, point);
  kernel.run.mix(size, share, 0, 0, size, 0);
  kernel.read(point, size);
}

/**
 * A step with momentum: point ← point + (1 − momentum) · (ahead − point) + momentum · (point − previous), each value computed in float64,
 * and previous ← the point as it was; in place.
 */
export function stepOn(point: Float32Array, ahead: Float32Array, previous: Float32Array, momentum: number): void {
  const size = kernel.write(point, ahead, previous);
  kernel.run.mix(size, 1 - momentum, momentum, 0, size, 2 * size);
  previous.set(point);
  kernel.read(point, size);
}
