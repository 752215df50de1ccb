/** Mixup (Zhang et al. 2018, arXiv:1710.09412): training on blends of two images, and on the same blend of their labels. */
import type { Random } from '../../plugin/random.ts';

/** How one example is blended: with which other of its portion, and its own share λ. */
export interface Blend {
  partner: number;
  share: number;
}

/**
 * Partner uniform among the portion, λ from Beta(α, α).
 *
 * @param random of the example
 * @param count examples of the portion
 */
export const blendOf = (alpha: number, count: number, random: Random): Blend => ({
  partner: random.integer(count),
  share: symmetricBeta(alpha, random),
});

/** λ · own + (1 − λ) · other. */
export const blended = (own: Float32Array, other: Float32Array, share: number): Float32Array =>
  own.map((value, i) => share * value + (1 - share) * other[i]);

/** A draw from Beta(α, α) by Jöhnk's method (1964), in logarithms so that small α does not underflow. */
export function symmetricBeta(alpha: number, random: Random): number {
  for (;;) {
    const [x, y] = [0, 1].map(() => Math.log(1 - random.uniform()) / alpha);
    if (Math.exp(x) + Math.exp(y) <= 1) return 1 / (1 + Math.exp(y - x));
  }
}
