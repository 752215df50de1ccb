/** The data in two halves: what an attack makes on the one is judged on the other, and the other way round, so that every example is judged. */
import { InputError } from '../errors.ts';
import type { ExampleRow } from '../plugin/outcome.ts';
import { createRandom } from '../random.ts';

export type Half = 1 | 2;

/**
 * By example: seeded, the same for every model and attack, and of each class as near a half as can be.
 *
 * @throws InputError for fewer than two examples
 */
export function halvesOf(examples: readonly Pick<ExampleRow, 'id' | 'label'>[], seed: number): Map<string, Half> {
  if (examples.length < 2)
    throw new InputError(
      'An attack that learns from data is made on one half of the images and judged on the other; there is only one image.',
      'Give two images or more, or leave the attack out.',
    );
  const dealt = examples
    .map(({ id, label }) => ({ id, label, order: createRandom(seed, id, 'half').uniform() }))
    .toSorted((a, b) => a.label - b.label || a.order - b.order || (a.id < b.id ? -1 : 1));
  return new Map(dealt.map(({ id }, place) => [id, place % 2 === 0 ? 1 : 2]));
}
