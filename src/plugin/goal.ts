/** What an attack is to achieve, as a plain value. `src/goal/` holds one file for each kind. */
export type Goal =
  /** Untargeted: the largest logit is none of these classes. */
  | { kind: 'leave'; classes: readonly number[] }
  /** Targeted: the largest logit is this class. `from` is the true class, which some losses use. */
  | { kind: 'reach'; target: number; from: number };
