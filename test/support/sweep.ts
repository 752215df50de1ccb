/** A sweep that re-attacks only what still stands, beside a fresh attack at each ε. */
import { expect } from 'vitest';
import type { SeriesPlan } from '../../src/config/plan.ts';
import { type Collection, collected, standing } from './collected.ts';

/**
 * A larger ball never leaves more standing by more than two in 500; the sweep leaves what stood at every ε up to its own, so it is
 * never weaker.
 *
 * @returns how many stand at each ε, cold and warm
 */
export async function checkSweep(setting: Omit<Collection, 'series'>, series: SeriesPlan): Promise<[number, number][]> {
  const warm = await collected({ ...setting, series: [series] });
  let left: Set<string> | undefined;
  let before = Number.POSITIVE_INFINITY;
  const counts: [number, number][] = [];
  for (const epsilon of series.epsilons) {
    const evaluation = `${series.id}:${epsilon.text}`;
    const cold = standing(await collected({ ...setting, series: [{ ...series, epsilons: [epsilon] }] }), evaluation);
    expect(cold.size).toBeLessThanOrEqual(before + (2 * setting.dataset.examples.length) / 500);
    before = cold.size;
    left = new Set([...cold].filter((example) => left?.has(example) ?? true));
    const kept = standing(warm, evaluation);
    expect(kept).toEqual(left);
    counts.push([cold.size, kept.size]);
  }
  return counts;
}
