/** Scaling a perturbation until it fills a ball in spite of the pixel box, for L2 and L1. */

/** Stays this much inside, relatively, so that rounding to float32 does not leave the ball. */
const INSIDE = 1 - 1e-6;

/**
 * Scales `delta` and clips it into the box so that its norm is `epsilon`; in place, and into `point` as image + delta. Scaling first and
 * clipping then would waste what the box cuts off. Where even the clipped corner is nearer than `epsilon`, that corner.
 *
 * @param power p of the norm: 1 or 2
 */
export function fillBall(
  image: Float32Array,
  delta: Float64Array,
  epsilon: number,
  power: 1 | 2,
  point: Float32Array,
): void {
  const { length } = image;
  const target = (epsilon * INSIDE) ** power;
  // Coordinates that meet the box stay there as the scale grows, so solving for it with that set fixed ends.
  let scale = 0;
  for (;;) {
    let clipped = 0;
    let free = 0;
    for (let i = 0; i < length; i++) {
      const size = Math.abs(delta[i]);
      const room = delta[i] > 0 ? 1 - image[i] : image[i];
      const atBox = +(scale * size >= room);
      const sized = power === 1 ? size : size * size;
      clipped += atBox * (power === 1 ? room : room * room);
      free += (1 - atBox) * sized;
    }
    if (free === 0) break;
    const left = Math.max(0, target - clipped) / free;
    const next = power === 1 ? left : Math.sqrt(left);
    if (!(next > scale * (1 + 1e-9))) break;
    scale = next;
  }
  for (let i = 0; i < length; i++) {
    point[i] = Math.max(0, Math.min(1, image[i] + scale * delta[i]));
    delta[i] = point[i] - image[i];
  }
}
