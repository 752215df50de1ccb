/** Outcomes as bits: one column after another, each of whole bytes, the lowest bit of a byte first; what fills the last byte is 0. */

/** Bytes of one column. */
export const columnBytes = (examples: number): number => Math.ceil(examples / 8);

/** @param columns of 0 and 1, all of one length */
export function packBits(columns: readonly Uint8Array[]): Uint8Array {
  const bytes = columnBytes(columns[0]?.length ?? 0);
  const packed = new Uint8Array(columns.length * bytes);
  columns.forEach((column, position) => {
    column.forEach((bit, index) => {
      packed[position * bytes + (index >> 3)] |= bit << (index & 7);
    });
  });
  return packed;
}

/** One column of 0 and 1. */
export function unpackBits(packed: Uint8Array, position: number, examples: number): Uint8Array {
  const start = position * columnBytes(examples);
  return Uint8Array.from({ length: examples }, (_, index) => (packed[start + (index >> 3)] >> (index & 7)) & 1);
}
