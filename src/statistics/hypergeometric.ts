/** Shuffled group labels without the shuffle: for a yes/no outcome, only how many successes fall into each group matters. */

interface Cumulative {
  /** Smallest count that has a weight. */
  low: number;
  /** Unnormalised cumulative weights from `low` on. */
  weights: Float64Array;
  /** By the uniform number's place among as many equal parts: where to start looking (Chen & Asau 1974), so that a draw is a step or two. */
  guide: Uint32Array;
}

/**
 * Weights of Hypergeometric(population, successes, draws), grown from the mode by the ratio of neighbouring terms, as far as nine standard
 * deviations and ten: what lies beyond is less than a uniform double can tell apart.
 */
function cumulative(population: number, successes: number, draws: number): Cumulative {
  const failures = population - successes;
  const mode = Math.min(draws, successes, Math.floor(((draws + 1) * (successes + 1)) / (population + 2)));
  const share = population === 0 ? 0 : draws / population;
  const reach = 10 + Math.ceil(9 * Math.sqrt(share * (1 - share) * Math.min(successes, failures)));
  const low = Math.max(0, draws - failures, mode - reach);
  const high = Math.min(draws, successes, mode + reach);
  const weights = new Float64Array(high - low + 1);
  weights[mode - low] = 1;
  for (let x = mode; x < high; x++)
    weights[x + 1 - low] =
      (weights[x - low] * ((draws - x) * (successes - x))) / ((x + 1) * (failures - draws + x + 1));
  for (let x = mode; x > low; x--)
    weights[x - 1 - low] = (weights[x - low] * (x * (failures - draws + x))) / ((draws - x + 1) * (successes - x + 1));
  for (let index = 1; index < weights.length; index++) weights[index] += weights[index - 1];
  const guide = new Uint32Array(weights.length);
  const total = weights[weights.length - 1];
  for (let part = 1, index = 0; part < guide.length; part++) {
    while (weights[index] <= (part / guide.length) * total) index++;
    guide[part] = index;
  }
  return { low, weights, guide };
}

function draw({ low, weights, guide }: Cumulative, uniform: number): number {
  const target = uniform * weights[weights.length - 1];
  let index = guide[Math.floor(uniform * guide.length)];
  // Where rounding put the guide a step too far.
  while (index > 0 && weights[index - 1] > target) index--;
  while (index < weights.length - 1 && weights[index] <= target) index++;
  return low + index;
}

/**
 * A sampler of how `successes` spread over groups of these sizes when labels are shuffled (multivariate hypergeometric): groups in
 * turn, each given what the earlier ones left. Tables are kept, so a draw costs one uniform number a group.
 * The returned array is reused by the next draw.
 */
export function hypergeometricSampler(
  sizes: readonly number[],
  successes: number,
  uniform: () => number,
): () => Float64Array {
  const last = sizes.length - 1;
  const later = sizes.map((_, group) => sizes.slice(group).reduce((sum, size) => sum + size, 0));
  const tables = sizes.map(() => Array.from<Cumulative | undefined>({ length: successes + 1 }));
  const counts = new Float64Array(sizes.length);
  return () => {
    let left = successes;
    for (let group = 0; group < last; group++) {
      const table = (tables[group][left] ??= cumulative(later[group], left, sizes[group]));
      const count = draw(table, uniform());
      counts[group] = count;
      left -= count;
    }
    counts[last] = left;
    return counts;
  };
}
