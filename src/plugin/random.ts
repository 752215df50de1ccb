/** Randomness of one example and purpose. Streams are never shared, so no result depends on the order of work. */
export interface Random {
  /** Uniform in [low, high); [0, 1) by default. */
  uniform(low?: number, high?: number): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** −1 or +1. */
  sign(): number;
  /** An independent stream for another purpose, keyed by it and not by what was drawn before. */
  fork(purpose: string): Random;
}
