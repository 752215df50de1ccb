/** Padded crop and mirror image, as ResNets have been trained on CIFAR-10 from the first (He et al. 2016, arXiv:1512.03385, §4.2). */
import type { ImageShape } from '../../plugin/attack.ts';
import type { Random } from '../../plugin/random.ts';

/** @param crop pixels of zero on every side, of which a random window of the image's own size is kept */
export function cropAndFlip(
  image: Float32Array,
  { channels, height, width }: ImageShape,
  { flip, crop }: { flip: boolean; crop: number },
  random: Random,
): Float32Array {
  const mirrored = flip && random.uniform() < 0.5;
  const [down, right] = [0, 1].map(() => random.integer(2 * crop + 1) - crop);
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
