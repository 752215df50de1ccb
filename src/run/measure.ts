/** The auditing stage: what was collected, as audits see it, and what each makes of it. */
import type { Journal } from '../collect/journal.ts';
import type { AuditInput } from '../plugin/audit.ts';
import type { Finding } from '../plugin/finding.ts';
import { MODEL_PROBE } from '../plugin/outcome.ts';
import { attackEvaluations } from './describe.ts';
import { gatherOutcomes, gatherProbes, isFull, type Outcomes, type ProbeOutcomes } from './outcomes.ts';
import type { PreparedRun } from './prepare.ts';

/** The rows of a run, or of the part of it that a dataset was narrowed to. */
export interface Collected {
  outcomes: Outcomes;
  probes: ProbeOutcomes;
}

export const collectedIn = (journal: Journal, { run, dataset }: Pick<PreparedRun, 'run' | 'dataset'>): Collected => ({
  outcomes: gatherOutcomes(journal, run.models, run.series, dataset.examples),
  probes: gatherProbes(journal, run.models, run.series, dataset.examples),
});

/** @param audits which of the run's, by name; absent: all */
export async function measure(
  { run, plugins, series, auditPlan: plan }: PreparedRun,
  { outcomes, probes }: Collected,
  audits?: ReadonlySet<string>,
): Promise<Finding[]> {
  const probed = attackEvaluations(
    series.filter(({ plan: one }) => !isFull(one)),
    plan.classes,
  );
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
  const chosen = run.audits.filter(({ name }) => audits?.has(name) !== false);
  return Promise.all(chosen.map(async ({ name, options }) => (await plugins.audit(name)).measure(input, options)));
}
