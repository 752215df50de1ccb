/** Gates of a run that stopped early, judged again: its examples are no sample of fixed size, so that only confidence sequences may be read on them. */
import { InputError } from '../errors.ts';
import { type GateRule, horizonsOf, idOf, settle, textOf } from '../gate/index.ts';
import type { Metric } from '../plugin/finding.ts';
import type { GateResult, RunRecord } from '../plugin/record.ts';
import type { Early } from './gates.ts';

/** The metric as it was when it settled a gate. */
const atSettling = (metric: Metric, { measured, total }: GateResult): Metric[] =>
  measured === null || total === undefined
    ? []
    : [{ ...metric, value: measured, count: Math.round(measured * total), total }];

/**
 * Gates that ask what they asked keep what settled them; others are judged where the run stopped.
 *
 * @returns undefined for a run that attacked its examples for no gate's sake
 * @throws InputError for a gate that only all examples settle
 */
export function earlyAgain({ early, gates, findings }: RunRecord, rules: readonly GateRule[]): Early | undefined {
  if (early === undefined) return undefined;
  const judged = rules.filter(({ level }) => level !== 'off');
  const metrics = findings.flatMap((finding) => finding.metrics);
  const before = new Map(gates.map((gate) => [gate.metric, gate.planned]));
  const declared = metrics.map(({ id, unit, total }) => ({
    id,
    unit,
    ...(total !== undefined && { total: before.get(id) ?? early.planned }),
  }));
  const { planned, unsettleable } = horizonsOf(judged, declared);
  if (unsettleable.length > 0)
    throw new InputError(
      `The run stopped early, at ${early.examples} of ${early.planned} examples, where some gates cannot be judged: ${unsettleable.join('; ')}.`,
      'Run the audit again with these gates in its config: it then attacks every example.',
    );
  const settled: Early['settled'] = new Map();
  for (const result of gates) {
    const rule = judged.find((one) => idOf(one) === result.id && textOf(one) === result.rule);
    const metric = metrics.find(({ id, model }) => id === result.metric && model === result.model);
    if (rule === undefined || metric === undefined || rule.models?.includes(result.model) === false) continue;
    const then = { audit: '', title: '', summary: '', details: [], metrics: atSettling(metric, result) };
    settle([{ ...rule, models: [result.model] }], { findings: [then], models: [result.model], planned }, settled);
  }
  return { planned, audits: new Set(), settled };
}
