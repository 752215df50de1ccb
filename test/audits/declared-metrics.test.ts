/** What an audit says beforehand that it will measure holds everything that it then measures: gates are refused by the one and judged by the other. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadPlugins } from '../../src/plugins.ts';
import { auditInput } from './input.ts';

const plugins = await loadPlugins([], '/');
const names = fc.constantFrom('a', 'b,c', 'd=[e]', '@', 'ü');
const evaluations = ['pgd:linf:2/255', 'pgd:linf:8/255', 'fmn:l2:0.5', 'fmn:l2:1'];

test.each(plugins.names('audits'))('%s', async (name) => {
  const audit = await plugins.audit(name);
  const options = audit.options.parse({});
  const rows = fc.record({
    label: fc.nat(1),
    groups: fc.record({ one: names, 'two, or [2]': names }, { requiredKeys: [] }),
    predictions: fc.array(fc.nat(1), { minLength: 5, maxLength: 5 }),
  });
  fc.assert(
    fc.property(fc.array(rows, { minLength: 1, maxLength: 8 }), fc.subarray(evaluations), (drawn, met) => {
      const of = (index: number) => drawn.map(({ predictions }) => predictions[index]);
      const input = auditInput({
        classes: ['no', 'yes.@'],
        labels: drawn.map(({ label }) => label),
        groups: drawn.map(({ groups }) => groups),
        models: {
          m: { clean: of(0), ...Object.fromEntries(evaluations.map((id, index) => [id, of(index + 1)])) },
          // Another model may have met fewer attacks.
          n: { clean: of(0), ...Object.fromEntries(met.map((id, index) => [id, of(index + 1)])) },
        },
      });
      const minimal = input.evaluations.map((one) =>
        one.norm === 'l2' ? { ...one, budget: 'minimal-norm' as const } : one,
      );
      const whole = { ...input, evaluations: minimal };
      const declared = new Map(audit.metrics?.(whole, options).map(({ id, unit }) => [id, unit]));
      const { metrics } = audit.measure(whole, options);
      expect(metrics.length).toBeGreaterThan(0);
      for (const { id, unit } of metrics) expect([id, declared.get(id)]).toEqual([id, unit]);
    }),
    { numRuns: 30 },
  );
});
