/** Free adversarial training (Shafahi et al. 2019, arXiv:1904.12843): images moved by perturbations that the step's own backward pass updates. */

/** Images [0, 1] of a portion moved by its perturbations, image after image, and cut to the pixel box. */
export function replayed(images: readonly Float32Array[], perturbations: Float32Array): Float32Array[] {
  return images.map((image, row) => {
    const offset = row * image.length;
    return image.map((value, i) => Math.max(0, Math.min(1, value + perturbations[offset + i])));
  });
}

/**
 * δ ← clamp(δ + ε sign ∇, ±ε), in place. Where the moved pixel left the box its gradient is 0, as through a clip, and δ stays.
 *
 * @param gradients of the loss for the moved images, image after image
 */
export function ascendPerturbations(
  perturbations: Float32Array,
  images: readonly Float32Array[],
  gradients: Float32Array,
  epsilon: number,
): void {
  for (const [row, image] of images.entries()) {
    const offset = row * image.length;
    for (let i = 0; i < image.length; i++) {
      const delta = perturbations[offset + i];
      const moved = image[i] + delta;
      if (moved < 0 || moved > 1) continue;
      const risen = delta + epsilon * Math.sign(gradients[offset + i]);
      perturbations[offset + i] = Math.max(-epsilon, Math.min(epsilon, risen));
    }
  }
}

/** The perturbations of all portions one after another, as a checkpoint keeps them. */
export function flat(portions: readonly SharedArrayBuffer[]): Float32Array {
  const values = new Float32Array(portions.reduce((sum, { byteLength }) => sum + byteLength / 4, 0));
  let start = 0;
  for (const portion of portions) {
    values.set(new Float32Array(portion), start);
    start += portion.byteLength / 4;
  }
  return values;
}

/** Back to where the threads read them. */
export function spread(values: Float32Array, portions: readonly SharedArrayBuffer[]): void {
  let start = 0;
  for (const portion of portions) {
    const slot = new Float32Array(portion);
    slot.set(values.subarray(start, start + slot.length));
    start += slot.length;
  }
}
