/** The estimate at the heart of HopSkipJump: on which side of the decision boundary random probes around one of its points fall. */
import type { Asking, AttackExample } from 'proofhouse/plugin';
import { moved } from './noise.ts';

export interface HopOptions {
  iterations: number;
  probesAt: (iteration: number) => number;
  /** Relative width of a bisection's last bracket. */
  tolerance: number;
  /** Most halvings of a step before the point stays where it is. */
  halvings: number;
}

/** Values of one question's probes: bounds the memory that large images take. */
const VALUES_PER_QUESTION = 1 << 17;
const MOST_PER_QUESTION = 32;

/**
 * Σ (φ − φ̄)·u over `count` probes u, φ = ±1 as the probed point achieves the goal or not: it points across the boundary, into the goal. The
 * mean φ̄ is taken off against the bias of a curved boundary; where all φ agree, they are the only information. u is what is left of a
 * probe after clipping to the pixel box, in units of the probe radius.
 *
 * The radius is distance/√n, larger than the paper's distance/n: there a probe shifts the decision by less than bisection resolves in float32.
 *
 * @param draw fills a probe, in units of the probe radius
 * @returns the sum, and the variance that its coordinates have from chance alone, as a multiple of a probe's own
 */
export function* hopAround(
  { decisionsOf }: AttackExample,
  point: Float32Array,
  distance: number,
  count: number,
  draw: (probe: Float64Array) => void,
): Asking<{ direction: Float64Array; spread: number }> {
  const { length } = point;
  const radius = distance / Math.sqrt(length);
  const perQuestion = Math.max(1, Math.min(MOST_PER_QUESTION, Math.floor(VALUES_PER_QUESTION / length)));
  const probe = new Float64Array(length);
  const signed = new Float64Array(length);
  const plain = new Float64Array(length);
  let balance = 0;
  for (let asked = 0; asked < count; ) {
    const size = Math.min(perQuestion, count - asked);
    const probes: Float32Array[] = [];
    for (let k = 0; k < size; k++) {
      draw(probe);
      probes.push(moved(point, probe, radius));
    }
    const answers = yield* decisionsOf(probes);
    for (let k = 0; k < size; k++) {
      const side = answers[k].achieved ? 1 : -1;
      const probed = probes[k];
      balance += side;
      for (let i = 0; i < length; i++) {
        const u = (probed[i] - point[i]) / radius;
        plain[i] += u;
        signed[i] += side * u;
      }
    }
    asked += size;
  }
  const mean = balance / count;
  if (Math.abs(mean) < 1) for (let i = 0; i < length; i++) signed[i] -= mean * plain[i];
  return { direction: signed, spread: count * (Math.abs(mean) < 1 ? 1 - mean * mean : 1) };
}
