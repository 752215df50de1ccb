/** Which examples a model still gets right, and the worst case over attacks: what robust accuracy counts and baselines store. */
import type { Evaluation, OutcomeRow } from './outcome.ts';
import type { ThreatName } from './threat.ts';

const isMisclassified = (row: OutcomeRow) => row.prediction !== row.label;

/**
 * Whether the model is wrong inside the threat: on the clean image already, or after the attack. A targeted attack that misses its target may
 * still have found an error.
 *
 * @param clean the same example's clean row
 */
export const falls = (row: OutcomeRow, clean: OutcomeRow): boolean =>
  isMisclassified(clean) || row.success || isMisclassified(row);

/** The worst case at one ε of one norm: an example stands only if every member left it standing. */
export interface WorstCase {
  /** 'worst:linf:8/255' */
  id: string;
  norm: ThreatName;
  epsilon: number;
  epsilonText: string;
  /**
   * Ids of evaluations. Attacks at a smaller ε of the same norm are among them, for their points lie inside the larger ball; so the worst
   * case never recovers as ε grows.
   */
  members: string[];
}

/**
 * By norm, in the order in which evaluations first name it, and by ascending ε.
 *
 * @param evaluations all that were run on a model
 */
export function worstCases(
  evaluations: readonly Pick<Evaluation, 'id' | 'attack' | 'norm' | 'epsilon' | 'epsilonText'>[],
): WorstCase[] {
  const attacks = evaluations.flatMap(({ id, attack, norm, epsilon, epsilonText = `${epsilon}` }) =>
    attack === 'clean' || norm === undefined || epsilon === undefined ? [] : [{ id, norm, epsilon, epsilonText }],
  );
  return [...new Set(attacks.map(({ norm }) => norm))].flatMap((norm) => {
    const ofNorm = attacks.filter((attack) => attack.norm === norm);
    const epsilons = new Map(ofNorm.map(({ epsilon, epsilonText }) => [epsilon, epsilonText]));
    return [...epsilons]
      .toSorted(([first], [second]) => first - second)
      .map(([epsilon, epsilonText]) => ({
        id: `worst:${norm}:${epsilonText}`,
        norm,
        epsilon,
        epsilonText,
        members: ofNorm.filter((attack) => attack.epsilon <= epsilon).map(({ id }) => id),
      }));
  });
}
