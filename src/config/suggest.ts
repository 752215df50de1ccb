/** The tail of a message about a name that does not exist: the one that was probably meant, or all there are. */

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours cost one each. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const substitution = previous[column - 1] + (from[row - 1] === to[column - 1] ? 0 : 1);
      let best = Math.min(substitution, previous[column] + 1, current[column - 1] + 1);
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1])
        best = Math.min(best, beforePrevious[column - 2] + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[to.length];
}

/** Nothing longer is a slip of the pen, and comparing it costs time. */
const longestName = 200;

/** ` Did you mean "pgd"?` with its leading space, or '' where no known name is within a third of its length in edits. */
export function didYouMean(typed: string, known: readonly string[]): string {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const name of known) {
    if (typed.length > longestName || Math.abs(name.length - typed.length) >= bestDistance) continue;
    const distance = editDistance(typed.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best === undefined ? '' : ` Did you mean "${best}"?`;
}

/** As `didYouMean`, and where no known name is near, the known names. */
export function suggest(typed: string, known: readonly string[]): string {
  const hint = didYouMean(typed, known);
  return hint !== '' || known.length === 0 ? hint : ` Known: ${known.join(', ')}.`;
}
