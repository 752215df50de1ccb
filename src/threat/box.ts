/** What every norm ball in the pixel box shares: distances in float64 and the steps that do not depend on the norm. */
import type { Norm } from '../plugin/threat.ts';

/** Distances of two points in every norm, float64. L0 counts pixels' channel values that differ. */
export function distances(a: Float32Array, b: Float32Array): Record<Norm, number> {
  let linf = 0;
  let squares = 0;
  let l1 = 0;
  let l0 = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    linf = Math.max(linf, difference);
    squares += difference * difference;
    l1 += difference;
    l0 += +(difference > 0);
  }
  return { linf, l2: Math.sqrt(squares), l1, l0 };
}

/** Whether every value is in [0, 1]; NaN is not. */
export function inBox(point: Float32Array): boolean {
  for (let i = 0; i < point.length; i++) if (!(point[i] >= 0 && point[i] <= 1)) return false;
  return true;
}

export function clipToBox(point: Float32Array): void {
  for (let i = 0; i < point.length; i++) point[i] = Math.max(0, Math.min(1, point[i]));
}

/** How far coordinate `value` may move in the direction of `delta` before it leaves [0, 1]. */
export const roomTowards = (value: number, delta: number): number => (delta > 0 ? 1 - value : value);

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** A value of [0, 1] as the nearest float32 that is no further from `centre`, so that rounding lengthens no perturbation. */
export function roundTowards(centre: number, value: number): number {
  float[0] = value;
  if (Math.abs(float[0] - centre) > Math.abs(value - centre)) bits[0] += float[0] < centre ? 1 : -1;
  return float[0];
}
