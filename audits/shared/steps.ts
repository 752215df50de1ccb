/** Distributions as the step functions that charts draw, thinned to what an eye can tell apart. */
import type { Detail } from 'proofhouse/plugin';

type Steps = Extract<Detail, { type: 'steps' }>;
type Point = Steps['lines'][number]['points'][number];

const mostPoints = 100;

/**
 * Every point is of the function itself; of more than a hundred steps some are left out, so that it is drawn late by a hundredth of them.
 *
 * @param ascending where the function steps, one value for each case
 * @param after its value once so many cases are passed
 */
export function stepPoints(ascending: readonly number[], after: (passed: number) => number): Point[] {
  const ends = ascending.flatMap((x, index) => (x === ascending[index + 1] ? [] : [{ x, passed: index + 1 }]));
  const every = Math.ceil(ends.length / mostPoints);
  return ends
    .filter((_, index) => (ends.length - 1 - index) % every === 0)
    .map(({ x, passed }) => ({ x, y: after(passed) }));
}

/** 'log' where the values spread over more than a factor of thirty, so that a linear axis would press most of them to its end. */
export function scaleOf(positive: readonly number[]): 'linear' | 'log' {
  const ascending = positive.toSorted((a, b) => a - b);
  const at = (share: number) => ascending[Math.floor(share * (ascending.length - 1))];
  return at(0.95) > 30 * at(0.05) ? 'log' : 'linear';
}
