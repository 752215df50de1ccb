/** Which subgroup a run names as its worst. */
import { describe, expect, it } from 'vitest';
import { type Metric, wilson, worstSubgroup } from '../../src/plugin/index.ts';
import { gateResult } from '../support/gate-result.ts';

const rate = (id: string, tone: string, count: number, total: number, model = 'm'): Metric => ({
  id: `${id}[tone=${tone}]`,
  model,
  label: id,
  unit: 'proportion',
  better: id.startsWith('fnr') ? 'lower' : 'higher',
  value: total === 0 ? null : count / total,
  count,
  total,
  group: { tone },
  ...(total > 0 && { interval: wilson({ count, total }) }),
});

const metrics = [
  rate('fnr@clean', 'light', 5, 100),
  rate('fnr@clean', 'dark', 30, 100),
  // A larger rate that three images do not carry: its Wilson interval begins at .208, the one above at .219.
  rate('fnr@clean', 'rare', 2, 3),
  rate('fnr@clean', 'none', 0, 0),
  rate('robust-accuracy@pgd:linf:8/255', 'light', 20, 100),
  rate('robust-accuracy@pgd:linf:8/255', 'dark', 60, 100),
  rate('robust-accuracy@pgd:linf:8/255', 'light', 1, 100, 'other'),
];
const findings = [{ audit: 'a', title: '', summary: '', metrics, details: [] }];
const worst = (...gates: Parameters<typeof gateResult>[0][]) =>
  worstSubgroup({ findings, gates: gates.map((gate) => gateResult(gate)) });

describe('the worst subgroup', () => {
  it('is by false-negative rate where no gate says otherwise, and no fluke of a handful', () => {
    expect(worst()).toEqual({
      model: 'm',
      metric: 'fnr@clean',
      group: { tone: 'dark' },
      value: 0.3,
      unit: 'proportion',
    });
  });

  it("is by the gate's metric and model, where better may be higher", () => {
    const named = worst({ metric: 'robust-accuracy@pgd:linf:8/255' });
    expect(named).toMatchObject({ model: 'm', group: { tone: 'light' }, value: 0.2 });
  });

  it('looks at gates that block first, and at a gate on one subgroup as at one on its metric', () => {
    const held = { metric: 'robust-accuracy@pgd:linf:8/255' };
    const failed = { metric: 'fnr@clean[tone=light]', verdict: 'fail' as const };
    expect(worst(held, failed)?.metric).toBe('fnr@clean');
    expect(worst({ metric: 'clean-accuracy' })?.metric).toBe('fnr@clean');
  });

  it('is nobody where no subgroup was measured', () => {
    expect(worstSubgroup({ findings: [], gates: [] })).toBeUndefined();
  });
});
