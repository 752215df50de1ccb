/** Text that came from outside (a file name, a node's name, a cell) as it may be printed in a message. */

const LONGEST = 200;

/**
 * In double quotes, with control, formatting (bidirectional override, zero width) and line-separator characters escaped, and cut after 200
 * UTF-16 units.
 */
export function quote(text: string): string {
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return JSON.stringify(shown).replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
