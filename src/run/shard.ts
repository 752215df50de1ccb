/** Shards: a run divided among machines by its examples. Which shard an example belongs to depends on its id alone. */
import { createHash } from 'node:crypto';
import { InputError } from '../errors.ts';

export interface Shard {
  /** From 1 to `count`. */
  index: number;
  count: number;
}

const mostShards = 10_000;

export const shardName = ({ index, count }: Shard): string => `${index}/${count}`;

/** @throws InputError for anything but `i/n` with 1 ≤ i ≤ n */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (!(shard.index >= 1 && shard.index <= shard.count && shard.count <= mostShards))
    throw new InputError(
      `--shard: expected i/n with i from 1 to n and n up to ${mostShards}; got ${JSON.stringify(text)}.`,
      'The first of three shards is --shard 1/3.',
    );
  return shard;
}

/** Whether a shard holds an example: by the first 48 bits of the SHA-256 of its id, modulo the number of shards. */
export function holds({ index, count }: Shard, example: string): boolean {
  return createHash('sha256').update(example).digest().readUIntBE(0, 6) % count === index - 1;
}
