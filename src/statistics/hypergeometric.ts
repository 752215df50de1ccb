/** Shuffled group labels without the shuffle: for a yes/no outcome, only how many successes fall into each group matters. */

interface Cumulative {
  /** Smallest possible count. */
  low: number;
  /** Unnormalised cumulative weights from `low` on. */
  weights: Float64Array;
}

/** Weights of Hypergeometric(population, successes, draws), grown from the mode by the ratio of neighbouring terms. */
function cumulative(population: number, successes: number, draws: number): Cumulative {
  const low = Math.max(0, draws + successes - population);
  const high = Math.min(draws, successes);
  const weights = new Float64Array(high - low + 1);
  const ratio = (x: number) => ((draws - x) * (successes - x)) / ((x + 1) * (population - successes - draws + x + 1));
  const mode = Math.min(high, Math.floor(((draws + 1) * (successes + 1)) / (population + 2)));
  weights[mode - low] = 1;
  for (let x = mode; x < high; x++) weights[x + 1 - low] = weights[x - low] * ratio(x);
  for (let x = mode - 1; x >= low; x--) weights[x - low] = weights[x + 1 - low] / ratio(x);
  for (let index = 1; index < weights.length; index++) weights[index] += weights[index - 1];
  return { low, weights };
}

function draw({ low, weights }: Cumulative, uniform: number): number {
  const target = uniform * weights[weights.length - 1];
  let first = 0;
  let last = weights.length - 1;
  while (first < last) {
    const middle = (first + last) >> 1;
    if (weights[middle] > target) last = middle;
    else first = middle + 1;
  }
  return low + first;
}

/**
 * A sampler of how `successes` spread over groups of these sizes when labels are shuffled (multivariate hypergeometric): groups in
 * turn, each given what the earlier ones left. Tables are kept, so a draw costs one uniform number and one binary search a group.
 * The returned array is reused by the next draw.
 */
export function hypergeometricSampler(
  sizes: readonly number[],
  successes: number,
  uniform: () => number,
): () => readonly number[] {
  const later = sizes.map((_, group) => sizes.slice(group).reduce((sum, size) => sum + size, 0));
  const tables = sizes.map(() => new Map<number, Cumulative>());
  const counts = sizes.map(() => 0);
  return () => {
    let left = successes;
    sizes.forEach((size, group) => {
      let table = tables[group].get(left);
      if (table === undefined) tables[group].set(left, (table = cumulative(later[group], left, size)));
      counts[group] = group === sizes.length - 1 ? left : draw(table, uniform());
      left -= counts[group];
    });
    return counts;
  };
}
