/** Gaussian blur of an image whose edges are mirrored, as in scipy.ndimage (mode 'reflect', truncated at 4 σ). */
import type { ImageShape } from 'proofhouse/plugin';

interface Band {
  /** [length, length]: row i holds the weights of all inputs in output i. */
  weights: Float64Array;
  radius: number;
}

/** The blur of one axis as a matrix: inputs beyond an edge are folded back onto their mirror images. */
function band(length: number, sigma: number): Band {
  const radius = Math.floor(4 * sigma + 0.5);
  const kernel = new Float64Array(radius + 1);
  let total = 0;
  for (let j = 0; j <= radius; j++) {
    kernel[j] = Math.exp((-j * j) / (2 * sigma * sigma));
    total += j === 0 ? kernel[j] : 2 * kernel[j];
  }
  const weights = new Float64Array(length * length);
  const period = 2 * length;
  for (let i = 0; i < length; i++) {
    for (let j = -radius; j <= radius; j++) {
      const folded = (((i + j) % period) + period) % period;
      weights[i * length + Math.min(folded, period - 1 - folded)] += kernel[Math.abs(j)] / total;
    }
  }
  return { weights, radius };
}

/** @param sigma standard deviation in pixels; above 0 */
export function blur(image: Float32Array, { channels, height, width }: ImageShape, sigma: number): Float32Array {
  const rows = band(height, sigma);
  const columns = band(width, sigma);
  const blurred = new Float32Array(image.length);
  const line = new Float64Array(width);
  for (let c = 0; c < channels; c++) {
    const start = c * height * width;
    for (let y = 0; y < height; y++) {
      line.fill(0);
      for (let from = Math.max(0, y - rows.radius); from <= Math.min(height - 1, y + rows.radius); from++) {
        const weight = rows.weights[y * height + from];
        const source = start + from * width;
        for (let x = 0; x < width; x++) line[x] += weight * image[source + x];
      }
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let from = Math.max(0, x - columns.radius); from <= Math.min(width - 1, x + columns.radius); from++) {
          sum += columns.weights[x * width + from] * line[from];
        }
        blurred[start + y * width + x] = Math.max(0, Math.min(1, sum));
      }
    }
  }
  return blurred;
}
