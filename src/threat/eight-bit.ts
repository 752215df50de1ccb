/** Rounding to what an 8-bit image file can hold, without leaving the threat. */
import type { Threat } from '../plugin/threat.ts';

/**
 * The nearest 8-bit image (k/255). Where rounding to nearest leaves the threat, the values that it moved furthest away from the clean
 * image go one level back towards it, as few as are needed; with all of them back every difference is smaller than the point's own,
 * so the result is inside in any norm.
 *
 * @param image clean image, itself 8-bit
 */
export function roundToEightBit(image: Float32Array, point: Float32Array, threat: Threat): Float32Array {
  const nearest = point.map((value) => Math.round(value * 255) / 255);
  // A transformed image in a file is still that transform.
  if (threat.transformed !== undefined || threat.contains(nearest)) return nearest;

  const direction = (i: number) => Math.sign(point[i] - image[i]);
  const overshoot = (i: number) => (nearest[i] - point[i]) * direction(i);
  const away = Array.from(point.keys())
    .filter((i) => overshoot(i) > 0)
    .toSorted((a, b) => overshoot(b) - overshoot(a) || a - b);
  const withBack = (count: number): Float32Array => {
    const rounded = nearest.slice();
    for (const i of away.slice(0, count)) rounded[i] = (Math.round(point[i] * 255) - direction(i)) / 255;
    return rounded;
  };
  let tooFew = 0;
  let enough = away.length;
  while (enough - tooFew > 1) {
    const middle = (tooFew + enough) >> 1;
    if (threat.contains(withBack(middle))) enough = middle;
    else tooFew = middle;
  }
  return withBack(enough);
}
