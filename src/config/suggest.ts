/** The tail of a message about a name that does not exist: the one that was probably meant, or all there are. */

import { nearest } from '../nearest.ts';

/** ` Did you mean "pgd"?` with its leading space, or '' where no known name is near. */
export function didYouMean(typed: string, known: readonly string[]): string {
  const [name] = nearest(typed, known, 1);
  return name === undefined ? '' : ` Did you mean "${name}"?`;
}

/** As `didYouMean`, and where no known name is near, the known names. */
export function suggest(typed: string, known: readonly string[]): string {
  const hint = didYouMean(typed, known);
  return hint !== '' || known.length === 0 ? hint : ` Known: ${known.join(', ')}.`;
}
