/** Gradients estimated from scores: differences of the objective along random directions, each asked on both sides. */
import type { Asking, AttackExample } from 'proofhouse/plugin';
import { objective } from './objective.ts';

/** Pairs of points in one question: enough to fill batches, few enough that many large images fit into memory. */
const PAIRS = 8;

/**
 * An estimator that owns its buffers. Points are clipped into the pixel box, since a model is asked about images only; each difference is
 * counted along the way that was really gone between its two points.
 *
 * @param radius how far from the point both sides are
 * @param draw fills a direction
 */
export function gradientEstimator(
  { image, goal, scoresOfAll }: Pick<AttackExample, 'image' | 'goal' | 'scoresOfAll'>,
  { samples, radius }: { samples: number; radius: number },
  draw: (direction: Float32Array) => void,
): (point: Float32Array) => Asking<Float32Array> {
  const { length } = image;
  const direction = new Float32Array(length);
  const probes = Array.from({ length: 2 * PAIRS }, () => new Float32Array(length));
  return function* estimate(point) {
    const gradient = new Float32Array(length);
    for (let done = 0; done < samples; done += PAIRS) {
      const pairs = Math.min(PAIRS, samples - done);
      for (let pair = 0; pair < pairs; pair++) {
        draw(direction);
        const ahead = probes[2 * pair];
        const behind = probes[2 * pair + 1];
        for (let i = 0; i < length; i++) {
          const move = radius * direction[i];
          ahead[i] = Math.max(0, Math.min(1, point[i] + move));
          behind[i] = Math.max(0, Math.min(1, point[i] - move));
        }
      }
      const answers = yield* scoresOfAll(probes.slice(0, 2 * pairs));
      for (let pair = 0; pair < pairs; pair++) {
        const ahead = probes[2 * pair];
        const behind = probes[2 * pair + 1];
        const rise = objective(answers[2 * pair].scores, goal) - objective(answers[2 * pair + 1].scores, goal);
        const weight = rise / (4 * radius * radius * samples);
        for (let i = 0; i < length; i++) gradient[i] += weight * (ahead[i] - behind[i]);
      }
    }
    return gradient;
  };
}
