/** Repeated noise: draws points until one achieves the goal. What blind chance finds is the floor for every real attack. */
import type { Asking, AttackExample } from 'proofhouse/plugin';

/** Points in one question. */
const CHUNK = 8;

/** The first point drawn that achieves the goal, or else the last. `stop: 'budget'` asks about all the same. */
export function* firstOf(
  { decisionsOf, stop }: Pick<AttackExample, 'decisionsOf' | 'stop'>,
  tries: number,
  draw: () => Float32Array,
): Asking<Float32Array> {
  let found: Float32Array | undefined;
  let last = draw();
  for (let asked = 0; asked < tries; asked += CHUNK) {
    const points = Array.from({ length: Math.min(CHUNK, tries - asked) }, (_, i) => (asked + i === 0 ? last : draw()));
    const answers = yield* decisionsOf(points);
    found ??= points.find((_, i) => answers[i].achieved);
    if (found !== undefined && stop === 'success') return found;
    last = points[points.length - 1];
  }
  return found ?? last;
}
