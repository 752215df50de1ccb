/** From an image in [0, 1] to what a file expects: range, mean, std, channel order and axis order, in plain arithmetic. */
import type { Preprocessing } from '../config/plan.ts';
import { affine } from '../onnx/preprocess.ts';
import type { ImageShape } from '../plugin/attack.ts';

/** Writes one planar image into `target` at `offset`, as the file wants it. */
export function pixelWriter(
  shape: ImageShape,
  preprocessing: Preprocessing,
  layout: 'NCHW' | 'NHWC',
): (image: Float32Array, target: Float32Array, offset: number) => void {
  const { channels } = shape;
  const plane = shape.height * shape.width;
  const source = Array.from({ length: channels }, (_, c) => (preprocessing.channels === 'bgr' ? channels - 1 - c : c));
  const { scale, offset: shift } = affine(preprocessing, channels);
  const stride = layout === 'NCHW' ? 1 : channels;
  return (image, target, offset) => {
    for (let c = 0; c < channels; c++) {
      const from = source[c] * plane;
      const to = offset + (layout === 'NCHW' ? c * plane : c);
      for (let i = 0; i < plane; i++) target[to + i * stride] = image[from + i] * scale[c] + shift[c];
    }
  };
}
