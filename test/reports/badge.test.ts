/** The badge: what shields.io asks of an endpoint, coloured by the verdict and by nothing else. */
import { describe, expect, test } from 'vitest';
import badge from '../../reports/badge.ts';
import type { RunRecord, Verdict } from '../../src/plugin/record.ts';
import { cruel } from './ci-records.ts';
import { empty, usual } from './rendered.ts';

interface Badge {
  schemaVersion: number;
  label: string;
  message: string;
  color: string;
}
const render = (record: RunRecord) => JSON.parse(badge.render({ record, images: new Map() }, {})) as Badge;

test('has what the endpoint schema requires and nothing it does not know', () => {
  expect(Object.keys(render(usual.record))).toEqual(['schemaVersion', 'label', 'message', 'color']);
  expect(render(usual.record).schemaVersion).toBe(1);
});

test('says the verdict, the lowest robust accuracy that a gate binds, and the worst subgroup', () => {
  // 9 of 480; of 30 smiling darker faces standard misses 7, hardened 8: intervals whose lower ends lie that way too.
  expect(render(usual.record).message).toBe(
    'fail · robust 1.9\u00a0% @pgd:linf:8/255 · worst group fnr@clean 23.3\u00a0%',
  );
  expect(render(empty.record).message).toBe('not applicable');
});

describe('its colour', () => {
  const colours: [Verdict, string][] = [
    ['pass', 'brightgreen'],
    ['fail', 'red'],
    ['inconclusive', 'yellow'],
    ['error', 'orange'],
    ['not applicable', 'lightgrey'],
  ];
  test.each(colours)('%s: %s, whatever was measured', (status, colour) => {
    for (const record of [usual.record, empty.record, cruel])
      expect(render({ ...record, verdict: { status, sentence: '' } }).color).toBe(colour);
  });
});
