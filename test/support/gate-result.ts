/** A gate's result for tests of what comes after judging: the members that a case is about, and plain values for the rest. */
import type { GateResult, Gating } from '../../src/plugin/record.ts';

export function gateResult(rest: Partial<GateResult> = {}): GateResult {
  const { kind = 'floor', metric = 'x', threshold = 0.5, unit = 'proportion', verdict = 'pass' } = rest;
  const sign = kind === 'floor' ? '≥' : '≤';
  return {
    id: `${kind} ${metric}`,
    rule: `${metric} ${sign} ${threshold}`,
    kind,
    level: 'error',
    metric,
    model: 'm',
    threshold,
    required: `${sign} ${unit === 'proportion' ? `${(100 * (threshold ?? 0)).toFixed(1)} %` : threshold}`,
    unit,
    by: 'bound',
    measured: null,
    method: '',
    verdict,
    effect: verdict === 'pass' || verdict === 'not applicable' ? 'none' : 'blocks',
    why: '',
    ...rest,
  };
}

export const gating: Gating = { context: 'release', inconclusive: 'blocks', off: [] };
