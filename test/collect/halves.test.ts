/** The two halves of a data set, as a law over labels and seeds. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { halvesOf } from '../../src/collect/halves.ts';

it('are equal but for one example, over all and within each class, and do not depend on the order of the data', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(4), { minLength: 2, maxLength: 60 }), fc.nat(1000), (labels, seed) => {
      const examples = labels.map((label, i) => ({ id: `image ${i}`, label }));
      const halves = halvesOf(examples, seed);
      const excess = (members: typeof examples) =>
        members.reduce((sum, { id }) => sum + (halves.get(id) === 1 ? 1 : -1), 0);
      expect(Math.abs(excess(examples))).toBeLessThanOrEqual(1);
      for (const label of new Set(labels))
        expect(Math.abs(excess(examples.filter((example) => example.label === label)))).toBeLessThanOrEqual(1);
      const reversed = halvesOf(examples.toReversed(), seed);
      for (const [id, half] of halves) expect(reversed.get(id)).toBe(half);
    }),
  );
});
