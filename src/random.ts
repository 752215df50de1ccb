/** Keyed random streams on seedrandom's alea generator: the key says what the randomness is for, so order never matters. */
import seedrandom from 'seedrandom';
import type { Random } from './plugin/random.ts';

/** A stream that depends on `key` alone. Equal keys give equal streams. */
export function createRandom(...key: readonly (string | number)[]): Random {
  const next = seedrandom.alea(JSON.stringify(key));
  const uniform = (low = 0, high = 1) => low + (high - low) * next();
  return {
    uniform,
    // Box–Muller; 1 − u keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    integer: (bound) => Math.floor(next() * bound),
    sign: () => (next() < 0.5 ? -1 : 1),
    fork: (purpose) => createRandom(...key, purpose),
  };
}
