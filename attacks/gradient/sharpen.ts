/** The last step of attacks that trade distance for a smooth penalty: from a change that works to the shortest of its kind. */
import type { Asking, AttackExample } from 'proofhouse/plugin';
import { bisect } from '../decision/starting-point.ts';
import type { Nearest } from '../nearest.ts';

/** The change is stretched by 1, 2, 4, … before it is projected. */
const STRETCHES = 12;
/** Relative gain below which a stretch is not pursued, and width of its last bracket. */
const GAIN = 1e-3;

/**
 * Projects x + s·δ, for ever larger s, onto ever smaller balls for as long as the goal is achieved. In L1 that is a soft threshold, which leaves the
 * fewer coordinates the larger s is; in L∞ a clipping, which at last leaves the signs of δ alone. Where the boundary is flat, and the order of the
 * |δᵢ| (in L∞ their signs) is that of its normal, the end is the nearest point of all, also inside the pixel box.
 */
export function* sharpen(example: AttackExample, nearest: Nearest): Asking<void> {
  const { image, threat } = example;
  const start = nearest.point.slice();
  for (let stretch = 0; stretch < STRETCHES && Number.isFinite(nearest.distance); stretch++) {
    const far = image.map((value, i) => value + 2 ** stretch * (start[i] - value));
    const at = (radius: number) => {
      const point = far.slice();
      threat.within(radius).project(point);
      return point;
    };
    const radius = nearest.distance * (1 - GAIN);
    const point = at(radius);
    const { achieved } = yield* example.decisionOf(point);
    if (!achieved) continue;
    nearest.offer(point, true);
    const found = yield* bisect(example, at, radius, GAIN * radius);
    if (found !== undefined) nearest.offer(found.point, true);
  }
}
