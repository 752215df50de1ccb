/** The name somebody probably meant, for messages about a name that does not exist. */

/** Names longer than this are no slip of the pen, and comparing them costs time. */
const longestName = 200;

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours cost one each. */
function editDistance(first: string, second: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: second.length + 1 }, (_, column) => column);
  for (let row = 1; row <= first.length; row++) {
    const current = [row];
    for (let column = 1; column <= second.length; column++) {
      const same = first[row - 1] === second[column - 1];
      let cost = Math.min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1));
      if (row > 1 && column > 1 && first[row - 1] === second[column - 2] && first[row - 2] === second[column - 1])
        cost = Math.min(cost, beforeLast[column - 2] + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[second.length];
}

/**
 * Up to `limit` known names that `typed` may be a misspelling of, nearest first (ties: their own order). Case is ignored; a name is
 * near when at most a third of the longer of the two would have to change, and one character at least may.
 */
export function nearest(typed: string, known: readonly string[], limit = 3): string[] {
  if (typed.length > longestName) return [];
  return known
    .filter((name) => name.length <= longestName)
    .map((name) => ({ name, distance: editDistance(typed.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(Math.max(typed.length, name.length) / 3)))
    .toSorted((first, second) => first.distance - second.distance)
    .slice(0, limit)
    .map(({ name }) => name);
}
