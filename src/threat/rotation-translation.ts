/** The family of an image's rotations and translations; ε is the share of the largest ones that the attacker may use. */
import type { ImageShape } from '../plugin/attack.ts';
import type { Threat } from '../plugin/threat.ts';

/** The bounds of Engstrom et al. 2019 on CIFAR-10: 30°, and 3 pixels of 32 (they take 24 of 224 on ImageNet). */
const MOST_RADIANS = Math.PI / 6;
const MOST_SHIFT = 3 / 32;

/** The image turned about its centre, then shifted right and down by so many pixels; bilinear, zeros from outside. */
export function rotateAndShift(
  image: Float32Array,
  { channels, height, width }: ImageShape,
  radians: number,
  right: number,
  down: number,
): Float32Array {
  const out = new Float32Array(image.length);
  const plane = height * width;
  const cos = Math.cos(radians);
  const sin = Math.sin(radians);
  const middleX = (width - 1) / 2;
  const middleY = (height - 1) / 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = x - middleX - right;
      const v = y - middleY - down;
      const fromX = middleX + cos * u + sin * v;
      const fromY = middleY - sin * u + cos * v;
      const left = Math.floor(fromX);
      const top = Math.floor(fromY);
      const shareX = fromX - left;
      const shareY = fromY - top;
      for (let corner = 0; corner < 4; corner++) {
        const atX = left + (corner & 1);
        const atY = top + (corner >> 1);
        if (atX < 0 || atX >= width || atY < 0 || atY >= height) continue;
        const weight = (corner & 1 ? shareX : 1 - shareX) * (corner >> 1 ? shareY : 1 - shareY);
        for (let c = 0; c < channels; c++) {
          out[c * plane + y * width + x] += weight * image[c * plane + atY * width + atX];
        }
      }
    }
  }
  return out;
}

/** What each image was made from: an image shows neither its angle nor that it is a transform at all. */
const origins = new WeakMap<Float32Array, { image: Float32Array; parameters: readonly number[] }>();

export function rotationTranslation(image: Float32Array, shape: ImageShape, epsilon: number): Threat {
  const made = ([turn = 0, right = 0, down = 0]: readonly number[]) =>
    rotateAndShift(
      image,
      shape,
      turn * MOST_RADIANS,
      right * MOST_SHIFT * shape.width,
      down * MOST_SHIFT * shape.height,
    );
  const transformed = (parameters: readonly number[]): Float32Array => {
    const point = made(parameters);
    origins.set(point, { image, parameters: [...parameters] });
    return point;
  };
  const same = (a: Float32Array, b: Float32Array) => a.length === b.length && a.every((value, i) => value === b[i]);
  const distance = (point: Float32Array): number => {
    const origin = origins.get(point);
    if (origin?.image === image && same(made(origin.parameters), point)) {
      return Math.max(...origin.parameters.map(Math.abs));
    }
    return same(image, point) ? 0 : Number.POSITIVE_INFINITY;
  };
  return {
    norm: 'linf',
    epsilon,
    within: (radius) => rotationTranslation(image, shape, radius),
    transformed,
    distance,
    contains: (point, tolerance = 1e-6) => distance(point) <= Math.min(1, epsilon) + tolerance,
    project(point) {
      if (distance(point) <= Math.min(1, epsilon)) return;
      const { image: from, parameters } = origins.get(point) ?? { image, parameters: [0, 0, 0] };
      const most = Math.min(1, epsilon);
      const inside = from === image ? parameters.map((value) => Math.max(-most, Math.min(most, value))) : [0, 0, 0];
      point.set(made(inside));
      origins.set(point, { image, parameters: inside });
    },
    randomPoint(random) {
      const most = Math.min(1, epsilon);
      return transformed([random.uniform(-most, most), random.uniform(-most, most), random.uniform(-most, most)]);
    },
    ascend() {
      throw new Error('a step along the gradient of pixels leaves the family of transforms; use `transformed`');
    },
  };
}
