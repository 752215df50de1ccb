/** From an image in [0, 1] to what a file expects: range, mean, std, channel order and axis order, in plain arithmetic. */
import type { Preprocessing } from '../config/plan.ts';
import type { ImageShape } from '../plugin/attack.ts';

/** Writes one planar image into `target` at `offset`, as the file wants it. */
export function pixelWriter(
  shape: ImageShape,
  preprocessing: Preprocessing,
  layout: 'NCHW' | 'NHWC',
): (image: Float32Array, target: Float32Array, offset: number) => void {
  const { channels } = shape;
  const plane = shape.height * shape.width;
  const [low, high] = preprocessing.range;
  const source = Array.from({ length: channels }, (_, c) => (preprocessing.channels === 'bgr' ? channels - 1 - c : c));
  const { mean, std } = preprocessing;
  const scale = source.map((_, c) => (high - low) / (std[c] ?? 1));
  const shift = source.map((_, c) => (low - (mean[c] ?? 0)) / (std[c] ?? 1));
  const stride = layout === 'NCHW' ? 1 : channels;
  return (image, target, offset) => {
    for (let c = 0; c < channels; c++) {
      const from = source[c] * plane;
      const to = offset + (layout === 'NCHW' ? c * plane : c);
      for (let i = 0; i < plane; i++) target[to + i * stride] = image[from + i] * scale[c] + shift[c];
    }
  };
}
