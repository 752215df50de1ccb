/** Which epoch is kept, by what an objective is for. */
import { describe, expect, test } from 'vitest';
import { loadPlugins } from '../../src/plugins.ts';
import { isBetter, measureFor } from '../../src/training/selection.ts';

/** A network that gives every image the same of two classes, and one that has learnt them and nothing else. */
const untrained = { cleanAccuracy: 0.5, robustAccuracy: 0.5 };
const learnt = { cleanAccuracy: 0.9, robustAccuracy: 0 };

describe('the better epoch', () => {
  test('by clean accuracy is the one that has learnt something, by robust accuracy the one that stands', () => {
    expect(isBetter(learnt, untrained, 'clean-accuracy')).toBe(true);
    expect(isBetter(untrained, learnt, 'clean-accuracy')).toBe(false);
    expect(isBetter(learnt, untrained, 'robust-accuracy')).toBe(false);
    expect(isBetter(untrained, learnt, 'robust-accuracy')).toBe(true);
  });

  test('is settled by the other accuracy where the first is equal, and by age where both are', () => {
    const firmer = { ...learnt, robustAccuracy: 0.1 };
    expect(isBetter(firmer, learnt, 'clean-accuracy')).toBe(true);
    expect(isBetter({ ...learnt, cleanAccuracy: 0.95 }, learnt, 'robust-accuracy')).toBe(true);
    for (const measure of ['clean-accuracy', 'robust-accuracy'] as const)
      expect(isBetter({ ...firmer }, firmer, measure)).toBe(false);
  });
});

test.each([
  ['standard', {}, 'clean-accuracy'],
  ['pgd-at', {}, 'robust-accuracy'],
  ['trades', {}, 'robust-accuracy'],
  ['fast', {}, 'robust-accuracy'],
  ['free', {}, 'robust-accuracy'],
  ['group-reweighted', { column: 'skin_tone' }, 'clean-accuracy'],
  ['group-reweighted', { column: 'skin_tone', on: 'pgd-at' }, 'robust-accuracy'],
])('%s with %o is after %s', async (name, written, measure) => {
  const objective = await (await loadPlugins([], '/')).objective(name);
  const options = objective.options.parse(written);
  expect(measureFor(objective, options, objective.loop?.(options) ?? {})).toBe(measure);
});
