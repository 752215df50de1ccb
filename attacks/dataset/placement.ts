/** Where and how a square patch lies in an image: shifted, turned about its centre and shrunk, inside one square window; bilinear. */
import type { ImageShape, Random } from 'proofhouse/plugin';

export interface Placement {
  /** Upper left corner of the window, whose side is the patch's. */
  top: number;
  left: number;
  radians: number;
  /** In (0, 1]: of the patch's side. */
  scale: number;
}

/** How far a placement may turn the patch, in degrees, and the smallest scale it may give it. */
export interface Freedom {
  rotation: number;
  scale: number;
}

export function randomPlacement(
  side: number,
  { height, width }: ImageShape,
  { rotation, scale }: Freedom,
  random: Random,
): Placement {
  return {
    top: random.integer(Math.max(1, height - side + 1)),
    left: random.integer(Math.max(1, width - side + 1)),
    radians: (random.uniform(-rotation, rotation) * Math.PI) / 180,
    scale: random.uniform(scale, 1),
  };
}

/**
 * Visits each pixel of the image that the patch covers with what it shows: up to four pixels of the patch, with weights that sum to 1.
 *
 * @param visit `pixel` and `source` are indices into one channel
 */
function eachTap(
  side: number,
  { height, width }: ImageShape,
  { top, left, radians, scale }: Placement,
  visit: (pixel: number, source: number, weight: number) => void,
): void {
  const middle = (side - 1) / 2;
  const cos = Math.cos(radians) / scale;
  const sin = Math.sin(radians) / scale;
  for (let y = 0; y < Math.min(side, height - top); y++) {
    for (let x = 0; x < Math.min(side, width - left); x++) {
      const across = middle + cos * (x - middle) + sin * (y - middle);
      const down = middle - sin * (x - middle) + cos * (y - middle);
      // A pixel belongs to the patch where its centre does.
      if (across < -0.5 || across > side - 0.5 || down < -0.5 || down > side - 0.5) continue;
      const fromX = Math.max(0, Math.min(side - 1, across));
      const fromY = Math.max(0, Math.min(side - 1, down));
      const [low, high] = [Math.floor(fromX), Math.floor(fromY)];
      const [shareX, shareY] = [fromX - low, fromY - high];
      for (let corner = 0; corner < 4; corner++) {
        const weight = (corner & 1 ? shareX : 1 - shareX) * (corner >> 1 ? shareY : 1 - shareY);
        if (weight > 0) visit((top + y) * width + left + x, (high + (corner >> 1)) * side + low + (corner & 1), weight);
      }
    }
  }
}

/** A fresh image with the patch on it. `patch` is [channels, side, side]. */
export function placed(
  image: Float32Array,
  patch: Float32Array,
  side: number,
  shape: ImageShape,
  placement: Placement,
): Float32Array {
  const plane = shape.height * shape.width;
  const shown = new Float64Array(image.length);
  const covered = new Uint8Array(plane);
  eachTap(side, shape, placement, (pixel, source, weight) => {
    covered[pixel] = 1;
    for (let c = 0; c < shape.channels; c++) shown[c * plane + pixel] += weight * patch[c * side * side + source];
  });
  return image.map((value, i) => (covered[i % plane] === 1 ? Math.max(0, Math.min(1, shown[i])) : value));
}

/** Adds to `sum` the gradient of the patch that a gradient of the image gives. */
export function addPatchGradient(
  sum: Float32Array,
  gradient: Float32Array,
  side: number,
  shape: ImageShape,
  placement: Placement,
): void {
  const plane = shape.height * shape.width;
  eachTap(side, shape, placement, (pixel, source, weight) => {
    for (let c = 0; c < shape.channels; c++) sum[c * side * side + source] += weight * gradient[c * plane + pixel];
  });
}
