/** Cutout (DeVries and Taylor 2017, arXiv:1708.04552): one square of the image says nothing. */
import type { ImageShape } from '../../plugin/attack.ts';
import type { Random } from '../../plugin/random.ts';

/** The paper fills with 0 after normalising, which is the data's mean; middle grey stands for it here, before normalising. */
const FILL = 0.5;

/** Changes an image in place. The square's centre is any pixel, so that part of it may lie outside. @param size its side in pixels */
export function cutOut(
  image: Float32Array,
  { channels, height, width }: ImageShape,
  size: number,
  random: Random,
): void {
  const start = (length: number) => random.integer(length) - Math.floor(size / 2);
  const [top, left] = [start(height), start(width)];
  const [from, to] = [Math.max(0, left), Math.min(width, left + size)];
  for (let channel = 0; channel < channels; channel++)
    for (let row = Math.max(0, top); row < Math.min(height, top + size); row++)
      image.fill(FILL, (channel * height + row) * width + from, (channel * height + row) * width + to);
}
