/** Exact distance from an image to the nearest other class of an affine classifier, inside the pixel box. */
import type { Norm } from '../../../src/plugin/threat.ts';
import type { Affine } from '../../support/analytic-model.ts';
import type { LabelledImage } from '../../support/attack-run.ts';

/** The least distance at which Σ wᵢδᵢ can reach `gap` with image + δ in [0, 1]ⁿ. */
function toHyperplane(normal: Float64Array, image: Float32Array, gap: number, norm: Norm): number {
  const size = Array.from(normal, Math.abs);
  const room = Array.from(normal, (w, i) => (w > 0 ? 1 - image[i] : image[i]));
  if (norm === 'l1') {
    // The cheapest way is to use up the steepest coordinates first.
    let distance = 0;
    let left = gap;
    for (const i of [...size.keys()].toSorted((a, b) => size[b] - size[a])) {
      const move = Math.min(room[i], left / size[i]);
      distance += move;
      left -= move * size[i];
      if (left <= 0) return distance;
    }
    return Number.POSITIVE_INFINITY;
  }
  // L∞ and L2: |δᵢ| = min(t, roomᵢ) and min(t·|wᵢ|, roomᵢ), with t found by bisection.
  const moveAt = (t: number, i: number) => Math.min(norm === 'linf' ? t : t * size[i], room[i]);
  let low = 0;
  let high = 1e3;
  for (let round = 0; round < 100; round++) {
    const t = (low + high) / 2;
    if (size.reduce((sum, w, i) => sum + w * moveAt(t, i), 0) < gap) low = t;
    else high = t;
  }
  return norm === 'linf' ? high : Math.hypot(...size.map((_, i) => moveAt(high, i)));
}

export function boundaryDistance(model: Affine, { image, label }: LabelledImage, norm: Norm, target?: number): number {
  const { weights, biases } = model;
  const logit = (k: number) => weights[k].reduce((sum, w, i) => sum + w * image[i], biases[k]);
  const others = target === undefined ? [...weights.keys()].filter((k) => k !== label) : [target];
  return Math.min(
    ...others.map((k) =>
      toHyperplane(
        weights[k].map((w, i) => w - weights[label][i]),
        image,
        logit(label) - logit(k),
        norm,
      ),
    ),
  );
}
