/** Gaussian noise and float64 geometry for attacks that draw thousands of directions. */
import type { Random } from 'proofhouse/plugin';

/** Fills with standard normal values; both halves of each Box–Muller pair are used, as drawing is half the cost of a small network. */
export function fillNormal(values: Float64Array, random: Random): void {
  const { length } = values;
  for (let i = 0; i < length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
    const angle = 2 * Math.PI * random.uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < length) values[i + 1] = radius * Math.sin(angle);
  }
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Removes from `values`, in place, their part along `axis`. */
export function makeOrthogonal(values: Float64Array, axis: Float64Array): void {
  const squares = dot(axis, axis);
  if (squares === 0) return;
  const along = dot(values, axis) / squares;
  for (let i = 0; i < values.length; i++) values[i] -= along * axis[i];
}

/** To L2 length 1, in place; zeros stay zeros. */
export function normalise(values: Float64Array): void {
  const scale = 1 / Math.max(Math.sqrt(dot(values, values)), 1e-300);
  for (let i = 0; i < values.length; i++) values[i] *= scale;
}

/** a − b into `difference`. */
export function subtract(a: Float32Array, b: Float32Array, difference: Float64Array): void {
  for (let i = 0; i < a.length; i++) difference[i] = a[i] - b[i];
}

/** `point` + `scale` · `direction`, clipped to the pixel box. */
export function moved(point: Float32Array, direction: Float64Array, scale: number): Float32Array {
  const result = new Float32Array(point.length);
  for (let i = 0; i < point.length; i++) result[i] = Math.max(0, Math.min(1, point[i] + scale * direction[i]));
  return result;
}
