/** Words for messages about data: names out of files are hostile, so they are quoted; long lists are cut; misspellings are matched. */
import { nearest } from '../nearest.ts';
import { quote } from '../quote.ts';

const LISTED = 20;

/** The first 20 items in words, one to a line and indented, then how many more there are. */
export function listing<Item>(items: readonly Item[], words: (item: Item) => string): string {
  const shown = items.slice(0, LISTED).map((item) => `  ${words(item)}`);
  if (items.length > LISTED) shown.push(`  … and ${items.length - LISTED} more`);
  return shown.join('\n');
}

/** The first 20 names, quoted, in a row, then how many more there are. */
export function names(values: readonly string[]): string {
  const shown = values.slice(0, LISTED).map(quote).join(', ');
  return values.length > LISTED ? `${shown} and ${values.length - LISTED} more` : shown;
}

/** '1 file', '2 files'. */
export function count(total: number, noun: string, plural = `${noun}s`): string {
  return `${total} ${total === 1 ? noun : plural}`;
}

/** ' Did you mean "label"?', or '' where no candidate is near. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const [near] = nearest(name, candidates, 1);
  return near === undefined ? '' : ` Did you mean ${quote(near)}?`;
}

/** Order by UTF-16 code units, so that it is the same in every locale. */
export function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A file-system error as the end of a sentence: 'does not exist'. */
export function unreadable(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : quote(String(cause));
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read (permission denied)';
  return `cannot be read (${code})`;
}
