/** Rounding to what an 8-bit image file can hold, without leaving the threat. */
import type { Threat } from '../plugin/threat.ts';

/**
 * The point as 8-bit pixels (k/255). Where rounding to nearest would leave the threat, every difference is rounded
 * towards the clean image instead, which can only bring the point closer in any norm.
 */
export function roundToEightBit(image: Float32Array, point: Float32Array, threat: Threat): Float32Array {
  const nearest = Float32Array.from(point, (value) => Math.round(value * 255) / 255);
  if (threat.contains(nearest)) return nearest;
  // 1e-4 of a grey level forgives float32 rounding of differences that are whole levels.
  return Float32Array.from(point, (value, i) => {
    const levels = Math.trunc((value - image[i]) * 255 + 1e-4 * Math.sign(value - image[i]));
    return Math.max(0, Math.min(1, image[i] + levels / 255));
  });
}
