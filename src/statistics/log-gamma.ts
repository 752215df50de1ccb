/** ln Γ(x) for x > 0, by Stirling's series after shifting the argument to where the series is exact to double precision. */

// Bₖ / (k(k − 1)) for k = 2, 4, …, 14.
const stirling = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156];

/** @throws RangeError unless x > 0 */
export function logGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`log-gamma needs a positive argument, not ${x}`);
  let shift = 1;
  let argument = x;
  for (; argument < 10; argument++) shift *= argument;
  let series = 0;
  for (let k = stirling.length - 1; k >= 0; k--) series = series / (argument * argument) + stirling[k];
  return (
    (argument - 0.5) * Math.log(argument) - argument + Math.log(2 * Math.PI) / 2 + series / argument - Math.log(shift)
  );
}
