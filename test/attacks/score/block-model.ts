/** Affine models whose weights are equal within square blocks of pixels, as coarse as an attack's steps, and their exact robustness. */
import type { Norm } from '../../../src/plugin/threat.ts';
import { createRandom } from '../../../src/random.ts';
import { type Affine, affineOf } from '../../support/analytic-model.ts';
import type { LabelledImage } from '../../support/attack-run.ts';

export const cifarShape = { channels: 3, height: 32, width: 32 };

/** Two classes on 3×32×32 images, on the boundary at mid-grey. */
export function blockModel(side: number): Affine {
  const { channels, height, width } = cifarShape;
  const random = createRandom('block model', side);
  const across = Math.ceil(width / side);
  const weights: Float64Array[] = [];
  for (let k = 0; k < 2; k++) {
    const row = new Float64Array(channels * height * width);
    for (let c = 0; c < channels; c++) {
      const blocks = new Float64Array(across * across).map(() => random.normal());
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          row[(c * height + y) * width + x] = blocks[Math.floor(y / side) * across + Math.floor(x / side)];
        }
      }
    }
    weights.push(row);
  }
  return affineOf(
    weights,
    weights.map((row) => -row.reduce((sum, w) => sum + w / 2, 0)),
  );
}

/** min over k of (z_y − z_k) / ‖w_y − w_k‖_q; exact while the box does not bind. */
export function exactDistance(model: Affine, { image, label }: LabelledImage, norm: Exclude<Norm, 'l0'>): number {
  const logits = model.logits(image);
  let nearest = Number.POSITIVE_INFINITY;
  for (let k = 0; k < model.classes; k++) {
    if (k === label) continue;
    const dual = { linf: 0, l2: 0, l1: 0 };
    for (let i = 0; i < image.length; i++) {
      const slope = Math.abs(model.weights[label][i] - model.weights[k][i]);
      dual.linf += slope;
      dual.l2 += slope * slope;
      dual.l1 = Math.max(dual.l1, slope);
    }
    dual.l2 = Math.sqrt(dual.l2);
    nearest = Math.min(nearest, (logits[label] - logits[k]) / dual[norm]);
  }
  return nearest;
}
