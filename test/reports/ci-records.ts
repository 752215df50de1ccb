/** Records for reports that CI systems read: one gate for every way in which a gate can end, under usual and hostile names. */
import type { AcceptedRisk, GateResult, RunRecord } from '../../src/plugin/record.ts';
import { gateResult } from '../support/gate-result.ts';
import { hostile, usual } from './rendered.ts';

const risk: AcceptedRisk = {
  gate: 'ceiling accepted',
  model: 'hardened',
  measured: 0.25,
  reason: 'Mended in the next release.',
  owner: 'ada@example.org',
  expires: '2030-01-31',
  state: 'holds',
};

/** By what becomes of it: blocks as failure and as error, warns, is accepted, holds, does not apply. */
export const gates: GateResult[] = [
  gateResult({
    metric: 'held',
    model: 'hardened',
    measured: 0.9,
    source: { file: 'proofhouse.yaml', line: 3, column: 5 },
  }),
  gateResult({
    metric: 'failed',
    model: 'hardened',
    verdict: 'fail',
    measured: 0.25,
    low: 0.2,
    high: 0.3,
    why: '30.00 % < 50.00 %.',
    fix: 'Train on, or lower the floor.',
    source: { file: 'proofhouse.yaml', line: 12, column: 5 },
  }),
  gateResult({ metric: 'open', model: 'hardened', verdict: 'inconclusive', measured: 0.5, why: 'Too few images.' }),
  gateResult({
    metric: 'advice',
    model: 'standard',
    verdict: 'fail',
    effect: 'warns',
    level: 'warn',
    why: 'Below.',
    source: { file: 'proofhouse.yaml', line: 14, column: 5 },
  }),
  gateResult({
    metric: 'accepted',
    kind: 'ceiling',
    model: 'hardened',
    verdict: 'fail',
    effect: 'warns',
    measured: 0.25,
    why: 'Above.',
    accepted: risk,
  }),
  gateResult({ metric: 'broken', model: 'standard', verdict: 'error', why: 'No audit measured it.' }),
  gateResult({ metric: 'elsewhere', model: 'standard', verdict: 'not applicable' }),
];

export const every: RunRecord = { ...usual.record, gates, acceptedRisks: [risk] };

/** Every text of every gate as hostile as can be, with what XML has no way to write. */
export const cruel: RunRecord = {
  ...hostile.record,
  gates: gates.map((gate) => {
    const [{ name }] = hostile.record.models;
    const evil = `${name}]]>\ufffe\uffff\u0000`;
    return {
      ...gate,
      id: gate.id + evil,
      rule: gate.rule + evil,
      model: name,
      why: gate.why + evil,
      fix: evil,
      evidence: [{ label: evil, measured: null, verdict: 'inconclusive' as const }],
      source: { file: `a b#?%${evil}.yaml`, line: 1, column: 1 },
    };
  }),
};
