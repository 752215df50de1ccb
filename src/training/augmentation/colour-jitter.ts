/** Random brightness, contrast and saturation, in this order: each a blend whose factor is uniform in [1 − strength, 1 + strength]. */
import type { ImageShape } from '../../plugin/attack.ts';
import type { Random } from '../../plugin/random.ts';

/** Luma of red, green and blue (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114];

const clipped = (value: number) => Math.min(1, Math.max(0, value));

/**
 * Changes an image in place; pixels stay in [0, 1]. Brightness blends with black, contrast with the image's mean grey, saturation with each
 * pixel's own grey, as torchvision's ColorJitter does; a gray image has no saturation.
 */
export function jitterColours(
  image: Float32Array,
  { channels, height, width }: ImageShape,
  strength: number,
  random: Random,
): void {
  const [brightness, contrast, saturation] = [0, 1, 2].map(() => random.uniform(1 - strength, 1 + strength));
  const area = height * width;
  const weights = channels === 1 ? [1] : LUMA;
  const grey = (pixel: number) =>
    weights.reduce((sum, weight, channel) => sum + weight * image[channel * area + pixel], 0);

  for (let i = 0; i < image.length; i++) image[i] = clipped(brightness * image[i]);
  let mean = 0;
  for (let pixel = 0; pixel < area; pixel++) mean += grey(pixel) / area;
  for (let i = 0; i < image.length; i++) image[i] = clipped(mean + contrast * (image[i] - mean));
  if (channels === 1) return;
  for (let pixel = 0; pixel < area; pixel++) {
    const own = grey(pixel);
    for (let i = pixel; i < image.length; i += area) image[i] = clipped(own + saturation * (image[i] - own));
  }
}
