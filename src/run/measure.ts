/** The auditing stage: what was collected, as audits see it, and what each makes of it. */
import type { ResolvedRun } from '../config/resolved.ts';
import type { AuditInput, AuditPlan } from '../plugin/audit.ts';
import type { Finding } from '../plugin/finding.ts';
import { MODEL_PROBE } from '../plugin/outcome.ts';
import type { RunRecord } from '../plugin/record.ts';
import type { Plugins } from '../plugins.ts';
import type { Outcomes, ProbeOutcomes } from './outcomes.ts';

export async function measure(
  run: ResolvedRun,
  plugins: Plugins,
  plan: AuditPlan,
  measured: { outcomes: Outcomes; probed: RunRecord['evaluations']; probes: ProbeOutcomes },
): Promise<Finding[]> {
  const { outcomes, probed, probes } = measured;
  const input: AuditInput = {
    ...plan,
    rows: (model, evaluation) => outcomes.get(model)?.get(evaluation),
    probes: {
      evaluations: probed,
      rows: (model, evaluation) => probes.get(model)?.get(evaluation),
      model: (model) =>
        run.modelProbe &&
        probes
          .get(model)
          ?.get(MODEL_PROBE)
          ?.map((row) => row?.probe),
    },
  };
  return Promise.all(run.audits.map(async ({ name, options }) => (await plugins.audit(name)).measure(input, options)));
}
