/** The power of a comparison of two groups: which difference their sizes would find. */
import { normalQuantile } from '../statistics/index.ts';

/** Chance with which a detectable difference is found. */
export const power = 0.8;

/** z-score excess over the critical value, of a true difference `difference` above `rate`; negative: power is lower than wanted. */
function excess(first: number, second: number, rate: number, difference: number, alpha: number): number {
  const other = rate + difference;
  const pooled = (first * other + second * rate) / (first + second);
  const underNull = Math.sqrt(pooled * (1 - pooled) * (1 / first + 1 / second));
  const underTruth = Math.sqrt((other * (1 - other)) / first + (rate * (1 - rate)) / second);
  return difference - normalQuantile(1 - alpha / 2) * underNull - normalQuantile(power) * underTruth;
}

/**
 * The least difference from a base rate that a two-sided test of two proportions finds with a chance of 80 % (normal approximation, Fleiss,
 * Levin & Paik 2003, eq. 4.14, without continuity correction).
 *
 * @param first size of the group that is worse
 * @param second size of the other
 * @param rate of the other group, in [0, 1]; the nearer end of the scale is assumed to be the far one where there is more room
 * @returns in (0, 1]; undefined where no difference up to the end of the scale is found
 */
export function detectableDifference(first: number, second: number, rate: number, alpha: number): number | undefined {
  const base = Math.min(rate, 1 - rate);
  let [low, high] = [0, 1 - base];
  if (excess(first, second, base, high, alpha) < 0) return undefined;
  for (let round = 0; round < 50; round++) {
    const middle = (low + high) / 2;
    if (excess(first, second, base, middle, alpha) < 0) low = middle;
    else high = middle;
  }
  return high;
}
