/** Judging goals: what a row of scores says about one. */
import type { Goal } from '../plugin/goal.ts';

/** Index of the largest score; ties go to the lowest index. */
export function argmax(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i] > scores[best]) best = i;
  return best;
}

/** Whether the top label satisfies the goal. */
export const achieves = (label: number, goal: Goal): boolean =>
  goal.kind === 'leave' ? !goal.classes.includes(label) : label === goal.target;
