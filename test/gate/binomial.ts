/** Binomial probabilities, for error rates by enumeration. */

/** P(X = k) for k from 0 to n. */
export function binomial(n: number, rate: number): number[] {
  const chances = [(1 - rate) ** n];
  for (let k = 0; k < n; k++) chances.push((chances[k] * (n - k) * rate) / ((k + 1) * (1 - rate)));
  return chances;
}
