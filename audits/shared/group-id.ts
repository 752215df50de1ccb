/** How a subgroup is written in a metric's id. */

/** Escapes what has a meaning in an id, so that no two groups share one, whatever their names. */
export const inId = (text: string) => text.replaceAll(/[\\@[\]=,]/g, String.raw`\$&`);

/** '[skin_tone=darker]' of { skin_tone: 'darker' }; '' of everyone. */
export function groupId(group: Record<string, string>): string {
  const where = Object.entries(group).map(([column, value]) => `${inId(column)}=${inId(value)}`);
  return where.length === 0 ? '' : `[${where.join(',')}]`;
}
