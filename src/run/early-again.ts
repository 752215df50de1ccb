/** Gates of a run that decided early, judged again: its examples are no sample of fixed size, so that only tests that allow for that are made. */
import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../errors.ts';
import { type GateRule, horizonsOf, idOf, type Judged, keyOf, unweighed } from '../gate/index.ts';
import type { DeclaredMetric } from '../plugin/audit.ts';
import type { GateResult, RunRecord } from '../plugin/record.ts';
import { type Early, reasonsOf } from './gates.ts';

/** What a rule asks, whatever follows from it and whomever it binds. */
function asked(rule: GateRule): Partial<GateRule> {
  const { level: _, models: __, source: ___, ...rest } = rule;
  return rest;
}

/** The judgement that settled a gate, where the gate still asks what it asked. */
function keptOf(result: GateResult, rule: GateRule): Judged {
  const { source: _, ...judged } = unweighed(result);
  return { ...judged, level: rule.level === 'warn' ? 'warn' : 'error', ...(rule.source && { source: rule.source }) };
}

/** What the metrics would have been over, as far as the record tells: of a run that stopped, nothing of subgroups. */
function declaredIn({ early, gates, findings }: RunRecord, planned: number): DeclaredMetric[] {
  const limits = gates.filter(({ kind }) => kind === 'floor' || kind === 'ceiling');
  const before = new Map(limits.map((gate) => [gate.metric, gate.planned]));
  const stopped = early?.examples !== planned;
  return findings.flatMap(({ metrics }) =>
    metrics.flatMap(({ id, unit, total, group }): DeclaredMetric[] => {
      const about = { id, unit, ...(group && { group }) };
      if (total === undefined || (stopped && group !== undefined)) return [about];
      return [{ ...about, total: stopped ? (before.get(id) ?? planned) : total }];
    }),
  );
}

/**
 * Gates that ask what they asked keep what settled them; others are judged where the run stopped.
 *
 * @param rules that are judged now
 * @param before the rules of the record's own gates
 * @param models that gates bind
 * @returns undefined for a run that attacked its examples for no gate's sake
 * @throws InputError for a gate that only all examples settle, of a run that stopped before
 */
export function earlyAgain(
  record: RunRecord,
  rules: readonly GateRule[],
  before: readonly GateRule[],
  models: readonly string[],
): Early | undefined {
  const { early, gates, baseline } = record;
  if (early === undefined) return undefined;
  const judged = rules.filter(({ level }) => level !== 'off');
  const settled: Early['settled'] = new Map();
  for (const result of gates) {
    const { id, model, verdict, planned } = result;
    const binds = (rule: GateRule) => idOf(rule) === id && rule.models?.includes(model) !== false;
    const [now, then] = [judged.find(binds), before.find(binds)];
    if (planned === undefined || (verdict !== 'pass' && verdict !== 'fail')) continue;
    if (now === undefined || then === undefined || !isDeepStrictEqual(asked(now), asked(then))) continue;
    settled.set(keyOf(result), keptOf(result, now));
  }
  const isKept = (rule: GateRule) =>
    (rule.models ?? models).every((model) => settled.has(keyOf({ id: idOf(rule), model })));
  const { planned, unsettleable } = horizonsOf(
    judged.filter((rule) => !isKept(rule)),
    { declared: declaredIn(record, early.planned), examples: early.planned, hasBaseline: baseline !== undefined },
  );
  if (unsettleable.size > 0 && early.examples < early.planned)
    throw new InputError(
      `The run stopped early, at ${early.examples} of ${early.planned} examples, where some gates cannot be judged: ${reasonsOf(unsettleable)}.`,
      'Run the audit again with these gates in its config: it then attacks every example.',
    );
  return { planned, audits: new Set(), settled };
}
