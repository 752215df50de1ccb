/** No bit of what any objective trains depends on the threads that do it. */
import { describe, expect, test } from 'vitest';
import { brief, objective, trained } from '../support/training-run.ts';

const ball = { epsilon: '4/255', steps: 2 };

describe('one worker or two: the same weights to the last bit', () => {
  test.each<[string, Record<string, unknown>]>([
    ['pgd-at', { ...ball, awp: 0.01 }],
    ['trades', { ...ball, norm: 'l2', awp: 0.005, 'awp-warm-up': 0 }],
    ['mart', ball],
    ['fast', { epsilon: '4/255' }],
    ['free', { epsilon: '4/255', replays: 2 }],
    ['group-reweighted', { ...ball, column: 'age_group', on: 'pgd-at', rate: 0.5 }],
  ])('%s', async (name, options) => {
    const change = { ...brief, objective: await objective(name, options) };
    const one = await trained(change);
    const two = await trained({ ...change, engine: { workers: 2 } });
    expect(two.weights).toEqual(one.weights);
    expect(two.statistics).toEqual(one.statistics);
    expect(two.carried).toEqual(one.carried);
    expect(two.curves).toEqual(one.curves);
  });
});
