/** Random changes of a training image, keyed by example, epoch and seed, so that no result depends on which thread makes them. */
import type { ImageShape } from '../plugin/attack.ts';
import type { Random } from '../plugin/random.ts';

export interface AugmentationPlan {
  /** Mirror left and right with probability ½. */
  flip: boolean;
  /** Pad by so many pixels of zero and crop at a random place; 0: none. */
  crop: number;
}

/** A changed copy of a planar image [C, H, W]. */
export function augment(image: Float32Array, shape: ImageShape, plan: AugmentationPlan, random: Random): Float32Array {
  const { channels, height, width } = shape;
  const mirrored = plan.flip && random.uniform() < 0.5;
  const [down, right] = [0, 1].map(() => random.integer(2 * plan.crop + 1) - plan.crop);
  const changed = new Float32Array(image.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < height; row++) {
      const from = row + down;
      if (from < 0 || from >= height) continue;
      const source = (channel * height + from) * width;
      const target = (channel * height + row) * width;
      for (let column = 0; column < width; column++) {
        const at = column + right;
        if (at >= 0 && at < width) changed[target + column] = image[source + (mirrored ? width - 1 - at : at)];
      }
    }
  }
  return changed;
}
