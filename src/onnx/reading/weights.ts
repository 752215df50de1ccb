/** Weights that are not numbers make every score of a model meaningless: found here, by name, before anything runs. */
import { InputError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import type { Graph, Tensor } from '../graph.ts';

/** Where a network may mean an infinity: bounds, masks and paddings. −∞ is also added to attention scores. */
const BOUNDS = new Set([
  'Clip',
  'Where',
  'Min',
  'Max',
  'Pad',
  'Equal',
  'Greater',
  'Less',
  'Gather',
  'Expand',
  'Unsqueeze',
]);

const HALF_EXPONENT = 0x7c00;

/** Index of the first element that is NaN (or infinite, unless allowed); −1 if there is none. */
function firstBad({ type, data }: Tensor, infinity: 'any' | 'negative' | 'none'): number {
  if (type === 'float16') {
    for (let index = 0; index < data.length; index++) {
      const bits = Number(data[index]);
      if ((bits & HALF_EXPONENT) !== HALF_EXPONENT) continue;
      const isNaN = (bits & 0x3ff) !== 0;
      if (isNaN || infinity === 'none' || (infinity === 'negative' && bits < 0x8000)) return index;
    }
    return -1;
  }
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return -1;
  for (let index = 0; index < data.length; index++) {
    const value = data[index];
    // x − x is 0 for every finite number and NaN otherwise.
    if (value - value === 0) continue;
    if (Number.isNaN(value) || infinity === 'none' || (infinity === 'negative' && value > 0)) return index;
  }
  return -1;
}

/** @throws InputError naming the first initializer that holds NaN, or an infinity where only a weight can be meant */
export function requireFiniteWeights(graph: Graph, path: string): void {
  const readers = new Map<string, Set<string>>();
  for (const { op, inputs } of graph.nodes)
    for (const name of inputs) readers.set(name, (readers.get(name) ?? new Set<string>()).add(op));
  for (const [name, value] of graph.initializers) {
    const ops = [...(readers.get(name) ?? [])];
    const infinity = ops.every((op) => BOUNDS.has(op))
      ? 'any'
      : ops.every((op) => BOUNDS.has(op) || op === 'Add')
        ? 'negative'
        : 'none';
    const index = firstBad(value, infinity);
    if (index >= 0)
      throw new InputError(
        `${quote(path)}: initializer ${quote(name)} holds ${value.type === 'float16' ? 'a number that is not finite' : String(value.data[index])} at position ${index}.`,
        'Training diverged or the file is damaged; export a model with finite weights.',
      );
  }
}
