/** The binary search of Carlini & Wagner for the weight of the margin against the distance (arXiv:1608.04644, §VI.A). */
import type { Asking } from 'proofhouse/plugin';
import type { Nearest } from '../nearest.ts';

/** A constant that never succeeded grows by this factor. */
const GROWTH = 10;

/**
 * Ever better weights: halved between the largest that failed and the least that succeeded.
 *
 * @param minimise one minimisation with that weight; returns whether any of its points was adversarial
 */
export function* searchConstant(
  { first, tries }: { first: number; tries: number },
  nearest: Nearest,
  minimise: (constant: number) => Asking<boolean>,
): Asking<void> {
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let constant = first;
  for (let tried = 0; tried < tries && !nearest.enough; tried++) {
    const succeeded: boolean = yield* minimise(constant);
    if (succeeded) high = constant;
    else low = constant;
    constant = Number.isFinite(high) ? (low + high) / 2 : constant * GROWTH;
  }
}
