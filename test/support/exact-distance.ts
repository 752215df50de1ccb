/** The exact distance to the nearest decision boundary of an affine classifier inside the pixel box, by bisection or sorting. */
import type { Norm } from '../../src/plugin/threat.ts';
import type { Affine } from './analytic-model.ts';

/** Distance, in `norm` and inside the box, to the half-space where `difference`·x + `offset` > 0; infinite if the box holds none of it. */
function toHalfSpace(image: Float32Array, difference: Float64Array, offset: number, norm: Norm): number {
  let needed = -offset;
  for (let i = 0; i < image.length; i++) needed -= difference[i] * image[i];
  const coordinates = Array.from(difference, (w, i) => ({
    weight: Math.abs(w),
    room: w > 0 ? 1 - image[i] : image[i],
  }));
  const most = coordinates.reduce((sum, { weight, room }) => sum + weight * room, 0);
  if (most < needed) return Number.POSITIVE_INFINITY;
  if (norm === 'l1' || norm === 'l0') {
    const worth = ({ weight, room }: { weight: number; room: number }) => (norm === 'l1' ? weight : weight * room);
    let distance = 0;
    for (const { weight, room } of coordinates.toSorted((a, b) => worth(b) - worth(a))) {
      if (weight * room >= needed) return distance + (norm === 'l1' ? needed / weight : 1);
      needed -= weight * room;
      distance += norm === 'l1' ? room : 1;
    }
  }
  const amount = ({ weight, room }: { weight: number; room: number }, lambda: number) =>
    Math.min(room, norm === 'l2' ? lambda * weight : lambda);
  let low = 0;
  let high = 1e6;
  for (let round = 0; round < 100; round++) {
    const middle = (low + high) / 2;
    const sum = coordinates.reduce((total, one) => total + one.weight * amount(one, middle), 0);
    if (sum < needed) low = middle;
    else high = middle;
  }
  const moved = coordinates.map((one) => amount(one, high));
  return norm === 'l2' ? Math.hypot(...moved) : Math.max(...moved);
}

/** The least over the classes other than `label`, or the distance to one of them. */
export function exactDistance(model: Affine, image: Float32Array, label: number, norm: Norm, target?: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < model.classes; k++) {
    if (k === label || (target !== undefined && k !== target)) continue;
    const difference = model.weights[k].map((w, i) => w - model.weights[label][i]);
    least = Math.min(least, toHalfSpace(image, difference, model.biases[k] - model.biases[label], norm));
  }
  return least;
}
