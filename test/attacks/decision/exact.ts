/** Exact distances of flat boundaries, and images that are a given margin away from one. */
import type { Norm } from '../../../src/plugin/threat.ts';
import { type Affine, affineModel } from '../../support/analytic-model.ts';
import type { LabelledImage } from '../../support/attack-run.ts';

/** min over k of (z_y − z_k) / ‖w_y − w_k‖_q, without the box. */
export function exactDistance(model: Affine, { image, label }: LabelledImage, norm: 'linf' | 'l2'): number {
  const logits = model.logits(image);
  let nearest = Number.POSITIVE_INFINITY;
  for (let k = 0; k < model.classes; k++) {
    if (k === label) continue;
    let sum = 0;
    for (let i = 0; i < image.length; i++) {
      const difference = Math.abs(model.weights[label][i] - model.weights[k][i]);
      sum += norm === 'linf' ? difference : difference * difference;
    }
    nearest = Math.min(nearest, (logits[label] - logits[k]) / (norm === 'linf' ? sum : Math.sqrt(sum)));
  }
  return nearest;
}

/** Fewest values to set to 0 or 1 before another class leads: the steepest first. */
export function fewestChanges(model: Affine, { image, label }: LabelledImage): number {
  const logits = model.logits(image);
  let fewest = Number.POSITIVE_INFINITY;
  for (let k = 0; k < model.classes; k++) {
    if (k === label) continue;
    const gains = Array.from(image, (value, i) => {
      const slope = model.weights[k][i] - model.weights[label][i];
      return slope > 0 ? slope * (1 - value) : -slope * value;
    }).toSorted((a, b) => b - a);
    let missing = logits[label] - logits[k];
    let count = 0;
    while (missing > 0) missing -= gains[count++];
    fewest = Math.min(fewest, count);
  }
  return fewest;
}

/** L1 distance of a two-class boundary inside the box: the steepest values go all the way, the last as far as it must. */
export function leastChange(model: Affine, image: Float32Array): number {
  const logits = model.logits(image);
  const label = +(logits[1] > logits[0]);
  const slope = (i: number) => model.weights[1 - label][i] - model.weights[label][i];
  let missing = logits[label] - logits[1 - label];
  let sum = 0;
  for (const i of Array.from(image.keys()).toSorted((a, b) => Math.abs(slope(b)) - Math.abs(slope(a)))) {
    const moved = Math.min(slope(i) > 0 ? 1 - image[i] : image[i], missing / Math.abs(slope(i)));
    sum += moved;
    missing -= moved * Math.abs(slope(i));
    if (missing <= 1e-9) break;
  }
  return sum;
}

/** An affine model whose class 0 leads by about `margin` in the middle of the box. */
export function affineWithMargin(dimensions: number, classes: number, margin: number): Affine {
  const model = affineModel(dimensions, classes);
  model.biases[0] += margin;
  return model;
}

export const distanceOf = (row: { distances?: Record<Norm, number> }, norm: Norm): number =>
  row.distances?.[norm] ?? Number.NaN;
