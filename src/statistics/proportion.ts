/** A count of successes among a number of trials: what every interval and test of this folder starts from. */

export interface Proportion {
  /** Whole number in [0, total]. */
  count: number;
  total: number;
}

/** A two-sided interval, in the shape that findings carry. */
export interface ConfidenceInterval {
  low: number;
  high: number;
  /** In (0, 1), e.g. 0.95. */
  confidence: number;
  /** For people: 'Wilson'. */
  method: string;
}

/** @throws RangeError unless 0 ≤ count ≤ total, both finite */
export function checkProportion({ count, total }: Proportion): void {
  if (!(count >= 0 && count <= total && Number.isFinite(total)))
    throw new RangeError(`a proportion needs 0 ≤ count ≤ total, not ${count} of ${total}`);
}

/** @throws RangeError unless 0 < confidence < 1 */
export function checkConfidence(confidence: number): void {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence must lie in (0, 1), not ${confidence}`);
}
