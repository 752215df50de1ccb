/** The order of a data set, which every output follows: by id, without duplicates, and no more than asked for. */
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import { byCodeUnits, count, listing } from './text.ts';

/**
 * Rows sorted by id (code units, so that no locale matters), then the first `limit`.
 *
 * @param place where a row stands, for messages: 'line 7'
 * @throws InputError when there is no row, or listing the ids that more than one row has
 */
export function selectExamples<Row extends { id: string }>(
  rows: readonly Row[],
  limit: number | undefined,
  place: (row: Row) => string,
): Row[] {
  const sorted = rows.toSorted((a, b) => byCodeUnits(a.id, b.id));
  const repeated = new Map<string, Row[]>();
  for (const [index, row] of sorted.entries()) {
    if (sorted[index - 1]?.id !== row.id && sorted[index + 1]?.id !== row.id) continue;
    repeated.set(row.id, [...(repeated.get(row.id) ?? []), row]);
  }
  if (repeated.size > 0) {
    const lines = listing([...repeated], ([id, same]) => `${quote(id)}: ${same.slice(0, 5).map(place).join(', ')}`);
    throw new InputError(
      `${count(repeated.size, 'id is', 'ids are')} used by more than one example:\n${lines}`,
      'Every example needs an id of its own: remove the repeated rows, or name a column of unique ids in data.columns.id.',
    );
  }
  return sorted.slice(0, limit);
}
