/** What score-based attacks maximise: the margin for leaving classes, the log-probability of the target for reaching one. */
import type { Goal } from 'proofhouse/plugin';

/**
 * Larger is nearer the goal. Leaving: largest logit outside − largest inside, positive once achieved. Reaching: log softmax of the target,
 * as in the official Square attack: it still grows with the target's rank where the margin sees only the leading class.
 */
export function objective(scores: Float32Array, goal: Goal): number {
  if (goal.kind === 'reach') {
    let largest = Number.NEGATIVE_INFINITY;
    for (const score of scores) largest = Math.max(largest, score);
    let sum = 0;
    for (const score of scores) sum += Math.exp(score - largest);
    return scores[goal.target] - largest - Math.log(sum);
  }
  let inside = Number.NEGATIVE_INFINITY;
  let outside = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < scores.length; k++) {
    if (goal.classes.includes(k)) inside = Math.max(inside, scores[k]);
    else outside = Math.max(outside, scores[k]);
  }
  return outside - inside;
}
