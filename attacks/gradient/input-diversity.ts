/** Random shrinking and padding of an image, and its transpose, which carries gradients back (Xie et al. 2019, arXiv:1803.06978). */
import type { ImageShape, Random } from 'proofhouse/plugin';

export interface Warp {
  /** The image shrunk to the drawn size and put at the drawn place on black. */
  apply(image: Float32Array): Float32Array;
  /** Gradient with respect to `apply`'s result → gradient with respect to its argument. */
  transpose(gradient: Float32Array): Float32Array;
}

/** For each target index the two source indices that it blends, and the weight of the second: pixel centres line up. */
function bilinear(from: number, to: number): { low: number; high: number; weight: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const at = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const low = Math.min(Math.floor(at), from - 1);
    return { low, high: Math.min(low + 1, from - 1), weight: at - low };
  });
}

/**
 * Shrinks each side by the same drawn factor. The paper enlarges images instead; a network of fixed input size takes only its own.
 *
 * @param smallest least factor, below 1
 */
export function randomWarp({ channels, height, width }: ImageShape, smallest: number, random: Random): Warp {
  const factor = random.uniform(smallest, 1);
  const innerHeight = Math.max(1, Math.round(factor * height));
  const innerWidth = Math.max(1, Math.round(factor * width));
  const top = random.integer(height - innerHeight + 1);
  const left = random.integer(width - innerWidth + 1);
  const rows = bilinear(height, innerHeight);
  const columns = bilinear(width, innerWidth);
  /** Visits every non-zero entry of the linear map: target index, source index, weight. */
  const entries = (visit: (target: number, source: number, weight: number) => void) => {
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < innerHeight; y++) {
        const row = rows[y];
        const upper = (c * height + row.low) * width;
        const lower = (c * height + row.high) * width;
        for (let x = 0; x < innerWidth; x++) {
          const column = columns[x];
          const target = (c * height + top + y) * width + left + x;
          visit(target, upper + column.low, (1 - row.weight) * (1 - column.weight));
          visit(target, upper + column.high, (1 - row.weight) * column.weight);
          visit(target, lower + column.low, row.weight * (1 - column.weight));
          visit(target, lower + column.high, row.weight * column.weight);
        }
      }
    }
  };
  const mapped = (input: Float32Array, forwards: boolean): Float32Array => {
    const output = new Float32Array(input.length);
    entries((target, source, weight) => {
      if (forwards) output[target] += weight * input[source];
      else output[source] += weight * input[target];
    });
    return output;
  };
  return { apply: (image) => mapped(image, true), transpose: (gradient) => mapped(gradient, false) };
}
