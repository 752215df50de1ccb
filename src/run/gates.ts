/** Gates are checked against what the audits say that they will measure, before the first attack spends any time. */
import type { ResolvedRun } from '../config/resolved.ts';
import { checkMetrics, checkRule } from '../gate/index.ts';
import type { AuditPlan } from '../plugin/audit.ts';
import type { Plugins } from '../plugins.ts';

/** @throws InputError for a gate that is a mistake whatever the models do, or an audit's options that do not fit the data */
export async function checkGates({ audits, gates }: ResolvedRun, plugins: Plugins, plan: AuditPlan): Promise<void> {
  const declared = await Promise.all(
    audits.map(async ({ name, options }) => (await plugins.audit(name)).metrics?.(plan, options)),
  );
  const metrics = declared.flatMap((each) => each ?? []);
  for (const rule of gates) checkRule(rule, metrics, plan.models);
  if (!declared.includes(undefined)) checkMetrics(gates, metrics);
}
