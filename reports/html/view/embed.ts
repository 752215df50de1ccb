/**
 * The machine result inside the page: the record whole where it is small; where it is large, with its long lists cut and said to be, beside
 * the digest of all of it.
 */
import { createHash } from 'node:crypto';
import type { RunRecord } from 'proofhouse/plugin';
import { bytes, whole } from '../../format.ts';

/** Most bytes of JSON in a page that should stay under 1.5 MB. */
const MOST_BYTES = 300_000;

export interface EmbeddedView {
  /** JSON that is safe inside a script element. */
  json: string;
  /** What was left out, in words; null where nothing was. */
  cut: string | null;
  sha256: string;
  size: string;
}

export function embeddedView(record: RunRecord): EmbeddedView {
  const all = JSON.stringify(record);
  const sha256 = createHash('sha256').update(all).digest('hex');
  const size = bytes(Buffer.byteLength(all));
  if (all.length <= MOST_BYTES) return { json: safe(all), cut: null, sha256, size };
  let json = '';
  const lists = new Map<string, number>();
  for (let most = 256; most >= 1; most = Math.floor(most / 4)) {
    lists.clear();
    const trimmed = cutLists(record, most, '', lists);
    json = JSON.stringify({ ...(trimmed as object), trimmed: { sha256, lists: Object.fromEntries(lists) } });
    if (json.length <= MOST_BYTES) break;
  }
  return {
    json: safe(json),
    cut: `${whole(lists.size)} long lists were cut to keep this page small; results.json, beside it, holds all of them`,
    sha256,
    size,
  };
}

/** A copy whose lists hold at most so many members; what was longer is noted with its length by its path. */
function cutLists(value: unknown, most: number, path: string, lists: Map<string, number>): unknown {
  if (Array.isArray(value)) {
    if (value.length > most) lists.set(path, value.length);
    return value.slice(0, most).map((member, index) => cutLists(member, most, `${path}/${index}`, lists));
  }
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, cutLists(member, most, `${path}/${key}`, lists)]),
  );
}

const safe = (json: string) =>
  json.replace(/[<\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
