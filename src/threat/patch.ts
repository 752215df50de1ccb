/** Any change of the pixels inside one square, anywhere in the image; ε is the share of the image's area that the square may have. */
import type { ImageShape } from '../plugin/attack.ts';
import type { Threat } from '../plugin/threat.ts';
import { clipToBox, inBox } from './box.ts';

/** Squared change of each pixel, summed over its channels; [height · width], float64. */
function changes(image: Float32Array, point: Float32Array, plane: number): Float64Array {
  const squares = new Float64Array(plane);
  for (let i = 0; i < image.length; i++) squares[i % plane] += (point[i] - image[i]) ** 2;
  return squares;
}

/** Side of the smallest square that covers every changed pixel. */
function sideOf(image: Float32Array, point: Float32Array, { height, width }: ImageShape): number {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let i = 0; i < image.length; i++) {
    if (point[i] === image[i]) continue;
    const x = i % width;
    const y = Math.floor(i / width) % height;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return right < 0 ? 0 : Math.max(right - left, bottom - top) + 1;
}

/** The place, as (top, left), of the square of this side that holds most of `values`; ties go to the first in reading order. */
function richest(values: Float64Array, side: number, { height, width }: ImageShape): [top: number, left: number] {
  // Sums over the rectangles that begin at the upper left corner, with a border of zeros.
  const across = width + 1;
  const sums = new Float64Array((height + 1) * across);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y + 1) * across + x + 1;
      sums[at] = values[y * width + x] + sums[at - 1] + sums[at - across] - sums[at - across - 1];
    }
  }
  let best: [number, number] = [0, 0];
  let most = Number.NEGATIVE_INFINITY;
  for (let top = 0; top <= Math.max(0, height - side); top++) {
    for (let left = 0; left <= Math.max(0, width - side); left++) {
      const [low, far] = [Math.min(height, top + side) * across, Math.min(width, left + side)];
      const total = sums[low + far] - sums[low + left] - sums[top * across + far] + sums[top * across + left];
      if (total > most) {
        most = total;
        best = [top, left];
      }
    }
  }
  return best;
}

export function patch(image: Float32Array, shape: ImageShape, epsilon: number): Threat {
  const { height, width } = shape;
  const plane = height * width;
  // A hair more than the root, lest 25/1024 of 1024 pixels be less than 5 squared.
  const side = Math.min(Math.max(height, width), Math.floor(Math.sqrt(epsilon * plane) + 1e-9));
  const distance = (point: Float32Array) => sideOf(image, point, shape) ** 2 / plane;
  /** Keeps the square that holds most of the change: the nearest point in L2. */
  const project = (point: Float32Array): void => {
    clipToBox(point);
    if (sideOf(image, point, shape) <= side) return;
    const [top, left] = richest(changes(image, point, plane), side, shape);
    for (let i = 0; i < point.length; i++) {
      const x = i % width;
      const y = Math.floor(i / width) % height;
      if (x < left || x >= left + side || y < top || y >= top + side) point[i] = image[i];
    }
  };
  return {
    norm: 'linf',
    epsilon,
    side,
    within: (radius) => patch(image, shape, radius),
    distance,
    contains: (point, tolerance = 1e-6) => inBox(point) && distance(point) <= epsilon + tolerance,
    project,
    /** Uniform noise in a random square. */
    randomPoint(random) {
      const point = image.slice();
      const top = random.integer(Math.max(1, height - side + 1));
      const left = random.integer(Math.max(1, width - side + 1));
      for (let i = 0; i < point.length; i++) {
        const x = i % width;
        const y = Math.floor(i / width) % height;
        if (x >= left && x < left + side && y >= top && y < top + side) point[i] = random.uniform();
      }
      return point;
    },
    /** Moves every value by `step` along the sign of its slope, then keeps the best square. */
    ascend(point, gradient, step) {
      for (let i = 0; i < point.length; i++) point[i] += step * Math.sign(gradient[i]);
      project(point);
    },
  };
}
