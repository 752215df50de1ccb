/** Which epoch's weights are kept: the best on the held-out part, by what the training is for. */
import type { LoopNeeds, ObjectiveDefinition } from '../plugin/objective.ts';
import type { EpochRecord, SelectionMeasure } from '../plugin/training-record.ts';

/**
 * Robust accuracy where the objective defends against an attack. Elsewhere clean accuracy: a network that has learnt nothing yet gives every image
 * the same class, and no attack moves it.
 */
export const measureFor = (
  objective: ObjectiveDefinition,
  options: unknown,
  { replay }: LoopNeeds,
): SelectionMeasure =>
  objective.attack?.(options) !== undefined || replay !== undefined ? 'robust-accuracy' : 'clean-accuracy';

type Fares = Pick<EpochRecord, 'cleanAccuracy' | 'robustAccuracy'>;

/** Whether an epoch is better than an earlier one; the other accuracy decides where the first is equal. */
export function isBetter(now: Fares, before: Fares, measure: SelectionMeasure): boolean {
  const gains = [now.robustAccuracy - before.robustAccuracy, now.cleanAccuracy - before.cleanAccuracy];
  const [first, second] = measure === 'robust-accuracy' ? gains : gains.toReversed();
  return first > 0 || (first === 0 && second > 0);
}
