/**
 * Makes text from outside harmless to look at. Names of classes, files, groups and models are hostile until shown: a
 * control or bidirectional character is replaced by its code, and text beyond all measure is cut and said to be.
 * Escaping for HTML or Markdown comes after this, where the text is written.
 */

/**
 * Controls, format characters (bidi controls, soft hyphens, tags), line separators, lone surrogates and noncharacters; not the joiners that
 * scripts and emoji need.
 */
const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/gu;

/** More combining marks on one letter than any script stacks climb over the neighbouring lines. */
const TOWER = /(\p{M}{4})(\p{M}+)/gu;

/** Longest word and longest text shown, in characters. A SHA-256 in hexadecimal has 64. */
const LONGEST_WORD = 80;
const LONGEST_TEXT = 800;

const codeOf = (character: string) =>
  `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`;

/** The text with every unseen character made visible: ESC as ⟨U+001B⟩, right-to-left override as ⟨U+202E⟩. */
export function visible(text: string): string {
  return text
    .replace(UNSEEN, codeOf)
    .replace(TOWER, (_, kept: string, rest: string) => `${kept}⟨${Array.from(rest).length} more marks⟩`);
}

function cut(text: string, longest: number): string {
  const characters = Array.from(text);
  if (characters.length <= longest) return text;
  return `${characters.slice(0, longest).join('')}… (${characters.length - longest} more characters)`;
}

/** Words and the whole cut to a length that a page can bear, each time saying how much is missing. */
export const shorten = (text: string): string =>
  cut(
    text.replace(/\S+/gu, (word) => (word.length > LONGEST_WORD ? cut(word, LONGEST_WORD) : word)),
    LONGEST_TEXT,
  );

/** Nothing to make visible and nothing to cut: nearly every text of a record, and a record has a hundred thousand. */
const HARMLESS = /^[\x20-\x7e]{0,80}$/;

/** A copy of plain data in which every string and every key is visible and of bearable length. */
export function visibleData<T>(value: T): T;
export function visibleData(value: unknown): unknown {
  if (typeof value === 'string') return HARMLESS.test(value) ? value : shorten(visible(value));
  if (Array.isArray(value)) return value.map((member: unknown) => visibleData(member));
  if (value === null || typeof value !== 'object') return value;
  const entries = new Map<string, unknown>();
  for (const [key, member] of Object.entries(value)) {
    let name = visibleData(key);
    while (entries.has(name)) name += '′';
    entries.set(name, visibleData<unknown>(member));
  }
  return Object.fromEntries(entries);
}
