/**
 * Over the boundary as the judging session sees it. That session need not agree to the last bit with those that answer an attack: a file of fixed
 * batch is freed for them, and gradients have a graph of their own. A minimal-norm attack ends on the boundary itself, where such a bit decides.
 */
import { achieves, argmax } from '../goal/index.ts';
import type { Goal } from '../plugin/goal.ts';
import type { Threat } from '../plugin/threat.ts';
import { judge, type Subject } from './judging.ts';
import type { HarnessAsking } from './questions.ts';

/** How much further, relative to the point's change. */
const STEPS = [1e-6, 1e-5, 1e-4, 1e-3];

/** A point that fell back, taken as little further from the image as crosses; undefined where none of that achieves the goal inside the threat. */
export function* takenAcross(
  subject: Subject,
  fallen: Float32Array,
  threat: Threat,
  goal: Goal,
): HarnessAsking<Float32Array | undefined> {
  const { image } = subject;
  if (fallen.every((value, i) => value === image[i])) return undefined;
  const further = STEPS.map((step) =>
    fallen.map((value, i) => Math.max(0, Math.min(1, value + step * (value - image[i])))),
  );
  const scores = yield* judge(subject, further);
  return further.find((point, i) => achieves(argmax(scores[i]), goal) && threat.contains(point));
}
