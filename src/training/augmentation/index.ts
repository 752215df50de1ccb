/** Random changes of a training image, keyed by example, epoch and seed, so that no result depends on which thread makes them. */
import type { ImageShape } from '../../plugin/attack.ts';
import type { Random } from '../../plugin/random.ts';
import { jitterColours } from './colour-jitter.ts';
import { cropAndFlip } from './crop-and-flip.ts';
import { cutOut } from './cutout.ts';

export interface AugmentationPlan {
  /** Mirror left and right with probability ½. */
  flip: boolean;
  /** Pad by so many pixels of zero and crop at a random place; 0: none. */
  crop: number;
  /** Strength of the colour jitter, from 0 to 1; absent: none. */
  colourJitter?: number;
  /** Side in pixels of the square that Cutout greys; absent: none. */
  cutout?: number;
  /** α of the Beta distribution by which Mixup blends pairs of images; absent: none. */
  mixup?: number;
}

/**
 * A changed copy of a planar image [C, H, W] with pixels in [0, 1]. Each kind of change draws from a stream of its own, so that asking for one
 * leaves the others as they were. Mixup, which needs a second image, comes after this.
 */
export function augment(image: Float32Array, shape: ImageShape, plan: AugmentationPlan, random: Random): Float32Array {
  const changed = cropAndFlip(image, shape, plan, random.fork('crop and flip'));
  if (plan.colourJitter !== undefined) jitterColours(changed, shape, plan.colourJitter, random.fork('colour jitter'));
  if (plan.cutout !== undefined) cutOut(changed, shape, plan.cutout, random.fork('cutout'));
  return changed;
}
