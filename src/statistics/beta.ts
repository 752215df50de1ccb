/** The regularised incomplete beta function I_x(a, b), which is the binomial tail, and its inverse. */
import { logGamma } from './log-gamma.ts';

/** DLMF 8.17.22's continued fraction, by the modified Lentz method; about √max(a, b) terms where x < (a + 1)/(a + b + 2). */
function continuedFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  const coefficient = (n: number): number => {
    if (n === 0) return 1;
    const m = Math.floor(n / 2);
    return n % 2 === 0
      ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
      : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
  };
  let numerator = 1;
  let denominator = 0;
  let fraction = 1;
  const terms = 200 + 20 * Math.sqrt(Math.max(a, b));
  for (let n = 1; n < terms; n++) {
    const d = coefficient(n);
    denominator = 1 / away(1 + d * denominator);
    numerator = away(1 + d / numerator);
    const change = numerator * denominator;
    fraction *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return 1 / fraction;
}

/** ln I_x(a, b) for x in (0, 1) not far above the mean, where the fraction converges. */
function logLowerTail(x: number, a: number, b: number): number {
  const logFront = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  return logFront + Math.log(continuedFraction(x, a, b) / a);
}

/**
 * ln I_x(a, b), which keeps its digits where I_x itself is below the range of doubles. At most 0.
 *
 * @throws RangeError unless a, b > 0 and 0 ≤ x ≤ 1
 */
export function logRegularizedBeta(x: number, a: number, b: number): number {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) throw new RangeError(`incomplete beta is undefined at ${x}, ${a}, ${b}`);
  if (x === 0 || x === 1) return Math.log(x);
  const value =
    x < (a + 1) / (a + b + 2) ? logLowerTail(x, a, b) : Math.log1p(-Math.min(1, Math.exp(logLowerTail(1 - x, b, a))));
  return Math.min(0, value);
}

/**
 * I_x(a, b) in [0, 1]: P(X ≤ x) of a Beta(a, b), and P(K ≥ a) of a Binomial(a + b − 1, x) for whole a and b.
 *
 * @throws RangeError unless a, b > 0 and 0 ≤ x ≤ 1
 */
export function regularizedBeta(x: number, a: number, b: number): number {
  return Math.exp(logRegularizedBeta(x, a, b));
}

/**
 * The x with I_x(a, b) = probability, by bisection down to neighbouring doubles.
 *
 * @throws RangeError unless a, b > 0 and 0 ≤ probability ≤ 1
 */
export function inverseRegularizedBeta(probability: number, a: number, b: number): number {
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`not a probability: ${probability}`);
  if (probability === 0 || probability === 1) return probability;
  let low = 0;
  let high = 1;
  for (let middle = 0.5; middle > low && middle < high; middle = (low + high) / 2) {
    if (regularizedBeta(middle, a, b) < probability) low = middle;
    else high = middle;
  }
  return high;
}
