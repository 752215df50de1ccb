/** The gates of a run: checked before the first attack spends any time, judged and weighed when findings are there. */
import type { GatingPlan } from '../config/resolved.ts';
import { InputError } from '../errors.ts';
import { judgingDay, type RecordedRisk, readAcceptedRisks } from '../gate/accepted-risks.ts';
import {
  checkHealth,
  checkMetrics,
  checkRule,
  expandGates,
  type GateEntry,
  type GateRule,
  type Given,
  type Horizon,
  horizonsOf,
  idOf,
  isWaitedFor,
  judge,
  overall,
  type Settled,
  settle,
  textOf,
  weigh,
} from '../gate/index.ts';
import type { AuditPlan, DeclaredMetric } from '../plugin/audit.ts';
import type { Gating, RunRecord } from '../plugin/record.ts';

export interface GatePlan {
  rules: GateRule[];
  gating: GatingPlan;
  /** Absent where the config names no file of them. */
  risks?: RecordedRisk[];
  /** Day by which they expire, YYYY-MM-DD. */
  today: string;
  /** Set where the run stops as soon as all gates are settled. */
  early?: Early;
  /** Why the run does not stop early though it was asked to: rules that only all examples settle, each with the reason, by its id. */
  unsettleable?: ReadonlyMap<string, string>;
}

export interface Early {
  /** What each gate's metric will be over, by its id. */
  planned: ReadonlyMap<string, Horizon>;
  /** Audits that measure what gates ask for, by name. */
  audits: ReadonlySet<string>;
  settled: Settled;
}

/**
 * @param declared what each audit says that it will measure, or what it measured; undefined for one that does not say
 * @param hasBaseline whether there is something to compare with
 * @throws InputError for a gate that is a mistake whatever the models do, or a file of accepted risks that cannot be read
 */
export async function planGates(
  { gates, gating, decide }: { gates: readonly GateEntry[]; gating: GatingPlan; decide?: 'early' },
  declared: readonly (readonly DeclaredMetric[] | undefined)[],
  plan: AuditPlan,
  hasBaseline = false,
): Promise<GatePlan> {
  const rules = expandGates(gates, plan);
  const metrics = declared.flatMap((each) => each ?? []);
  for (const rule of rules) checkRule(rule, metrics, plan.models);
  if (!declared.includes(undefined)) {
    checkMetrics(rules, metrics, plan.groupColumns);
    checkHealth(rules, plan.audits.includes('evaluation-health'));
  }
  const risks = gating.acceptedRisks === undefined ? undefined : await readAcceptedRisks(gating.acceptedRisks);
  return {
    rules,
    gating,
    ...(risks && { risks }),
    today: judgingDay(),
    ...(decide === 'early' && decidingEarly(rules, declared, plan, hasBaseline)),
  };
}

/** @throws InputError where no gate could end the run */
function decidingEarly(
  rules: readonly GateRule[],
  declared: readonly (readonly DeclaredMetric[] | undefined)[],
  { audits, examples }: AuditPlan,
  hasBaseline: boolean,
): Pick<GatePlan, 'early' | 'unsettleable'> {
  const judged = rules.filter(({ level }) => level !== 'off');
  if (judged.length === 0)
    throw new InputError(
      'decide: early stops a run when every gate is settled, and this run sets no gate.',
      'Set a floor or a ceiling under "gates", or leave "decide" out.',
    );
  const { planned, unsettleable } = horizonsOf(judged, {
    declared: declared.flatMap((each) => each ?? []),
    examples: examples.length,
    hasBaseline,
  });
  if (!judged.some(isWaitedFor))
    for (const rule of judged) unsettleable.set(idOf(rule), 'it does not say when to stop, and no other gate does');
  if (unsettleable.size > 0) return { unsettleable };
  const measuring = audits.filter((_, index) => declared[index]?.some(({ id }) => planned.has(id)));
  return { early: { planned, audits: new Set(measuring), settled: new Map() } };
}

/** What the reader must know of how the gates are decided. */
export const decidingNotes = ({ unsettleable }: GatePlan): string[] =>
  unsettleable === undefined
    ? []
    : [
        `decide: early: every example is attacked all the same and gates are judged at the end, for some cannot be settled early: ${reasonsOf(unsettleable)}.`,
      ];

/** 'floor ece@clean (its metric is …); …' */
export const reasonsOf = (unsettleable: ReadonlyMap<string, string>): string =>
  [...unsettleable].map(([id, reason]) => `${id} (${reason})`).join('; ');

/** What the record says of the gates. */
export type Verdicts = Pick<RunRecord, 'verdict' | 'gates' | 'gating' | 'acceptedRisks'>;

export function reachVerdict({ rules, gating, risks, today, early, unsettleable }: GatePlan, given: Given): Verdicts {
  const { acceptedRisks: _, byContext: __, ...weighing } = gating;
  const said: Gating = {
    ...weighing,
    off: rules.filter(({ level }) => level === 'off').map(textOf),
    ...(risks && risks.length > 0 && { judgedOn: today }),
  };
  const judged =
    early === undefined ? judge(rules, given) : settle(rules, { ...given, planned: early.planned }, early.settled);
  const explained = judged.map((one) => {
    const reason = unsettleable?.get(one.id);
    return reason === undefined
      ? one
      : { ...one, why: `${one.why} It could not be settled early, so every example was attacked: ${reason}.` };
  });
  const { gates, acceptedRisks } = weigh(explained, said, risks ?? [], today);
  return { verdict: overall(gates, said), gates, gating: said, ...(risks && { acceptedRisks }) };
}
