/** Corrections for testing several hypotheses at once: adjusted p-values, in the order given. */

function ascending(pValues: readonly number[]): number[] {
  for (const p of pValues) if (!(p >= 0 && p <= 1)) throw new RangeError(`not a p-value: ${p}`);
  return pValues.map((_, index) => index).toSorted((a, b) => pValues[a] - pValues[b] || a - b);
}

/**
 * Holm 1979, Scand. J. Statist. 6:65: controls the chance of any false alarm. adj₍ᵢ₎ = max_{j ≤ i} min(1, (m − j + 1)·p₍ⱼ₎).
 *
 * @throws RangeError for a value outside [0, 1]
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = pValues.map(() => 1);
  let floor = 0;
  ascending(pValues).forEach((index, rank) => {
    floor = Math.max(floor, Math.min(1, (pValues.length - rank) * pValues[index]));
    adjusted[index] = floor;
  });
  return adjusted;
}

/**
 * Benjamini & Hochberg 1995, JRSS B 57:289: controls the expected share of false alarms. adj₍ᵢ₎ = min_{j ≥ i} min(1, m·p₍ⱼ₎/j).
 *
 * @throws RangeError for a value outside [0, 1]
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const adjusted = pValues.map(() => 1);
  const order = ascending(pValues);
  let ceiling = 1;
  for (let rank = order.length; rank >= 1; rank--) {
    ceiling = Math.min(ceiling, (pValues.length / rank) * pValues[order[rank - 1]]);
    adjusted[order[rank - 1]] = ceiling;
  }
  return adjusted;
}
