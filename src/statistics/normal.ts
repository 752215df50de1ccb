/** The standard normal distribution: cumulative probability and its inverse, to nearly double precision. */

/** erfc(z) for z ≥ 0: Maclaurin series of erf below 2, Laplace's continued fraction above. */
function complementaryError(z: number): number {
  if (z < 2) {
    let term = z;
    let sum = z;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
  }
  let fraction = z;
  for (let n = 60; n >= 1; n--) fraction = z + n / 2 / fraction;
  return Math.exp(-z * z) / (Math.sqrt(Math.PI) * fraction);
}

/** P(Z ≤ x). Small tails keep their relative precision below x = −2√2. */
export function normalCdf(x: number): number {
  const tail = complementaryError(Math.abs(x) / Math.SQRT2) / 2;
  return x < 0 ? tail : 1 - tail;
}

/**
 * The x with P(Z ≤ x) = probability; ±Infinity at 1 and 0. Starts from Abramowitz & Stegun 26.2.23 (error below 4.5e-4) and
 * polishes with Newton steps, which square the error.
 *
 * @throws RangeError outside [0, 1]
 */
export function normalQuantile(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`not a probability: ${probability}`);
  if (probability > 0.5) return -normalQuantile(1 - probability);
  if (probability === 0) return -Infinity;
  if (probability === 0.5) return 0;
  const t = Math.sqrt(-2 * Math.log(probability));
  let x =
    (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t) - t;
  for (let step = 0; step < 5; step++) {
    const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    const change = (normalCdf(x) - probability) / density;
    x -= change;
    if (Math.abs(change) < 1e-9) break;
  }
  return x;
}
