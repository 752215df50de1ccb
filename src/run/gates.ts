/** The gates of a run: checked before the first attack spends any time, judged and weighed when findings are there. */
import type { GatingPlan } from '../config/resolved.ts';
import { judgingDay, type RecordedRisk, readAcceptedRisks } from '../gate/accepted-risks.ts';
import {
  checkHealth,
  checkMetrics,
  checkRule,
  expandGates,
  type GateEntry,
  type GateRule,
  type Given,
  judge,
  overall,
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
}

/**
 * @param declared what each audit says that it will measure, or what it measured; undefined for one that does not say
 * @throws InputError for a gate that is a mistake whatever the models do, or a file of accepted risks that cannot be read
 */
export async function planGates(
  { gates, gating }: { gates: readonly GateEntry[]; gating: GatingPlan },
  declared: readonly (readonly DeclaredMetric[] | undefined)[],
  plan: AuditPlan,
): Promise<GatePlan> {
  const rules = expandGates(gates, plan);
  const metrics = declared.flatMap((each) => each ?? []);
  for (const rule of rules) checkRule(rule, metrics, plan.models);
  if (!declared.includes(undefined)) {
    checkMetrics(rules, metrics, plan.groupColumns);
    checkHealth(rules, plan.audits.includes('evaluation-health'));
  }
  const risks = gating.acceptedRisks === undefined ? undefined : await readAcceptedRisks(gating.acceptedRisks);
  return { rules, gating, ...(risks && { risks }) };
}

/** What the record says of the gates. */
export type Verdicts = Pick<RunRecord, 'verdict' | 'gates' | 'gating' | 'acceptedRisks'>;

export function reachVerdict({ rules, gating, risks }: GatePlan, given: Given): Verdicts {
  const { acceptedRisks: _, byContext: __, ...weighing } = gating;
  const today = judgingDay();
  const said: Gating = {
    ...weighing,
    off: rules.filter(({ level }) => level === 'off').map(textOf),
    ...(risks && risks.length > 0 && { judgedOn: today }),
  };
  const { gates, acceptedRisks } = weigh(judge(rules, given), said, risks ?? [], today);
  return { verdict: overall(gates, said), gates, gating: said, ...(risks && { acceptedRisks }) };
}
