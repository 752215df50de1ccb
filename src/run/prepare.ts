/** A run before anything is attacked: its plugins loaded, its models and images read and checked, its manifest made. */
import type { Series } from '../collect/series.ts';
import type { ResolvedRun } from '../config/resolved.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { openDataset } from '../dataset/open.ts';
import { hashDataset } from '../dataset/verify.ts';
import { engineFor } from '../engine/machine.ts';
import type { Standings } from '../gate/standings.ts';
import type { AuditPlan } from '../plugin/audit.ts';
import type { DatasetFacts, RunRecord } from '../plugin/record.ts';
import type { ReportDefinition } from '../plugin/report.ts';
import { loadPlugins, type Plugins } from '../plugins.ts';
import type { CollectPlan } from './collect.ts';
import { auditedModels, readStored } from './compare.ts';
import { describeDataset } from './dataset-facts.ts';
import { evaluationsOf } from './describe.ts';
import { fitsOf } from './fits.ts';
import { type GatePlan, planGates } from './gates.ts';
import { inputsOf } from './inputs.ts';
import { type Manifest, makeManifest } from './manifest.ts';
import { type PreparedModels, prepareModels } from './models.ts';
import { isFull } from './outcomes.ts';
import type { Stages } from './stage.ts';

export interface PreparedRun {
  run: ResolvedRun;
  plugins: Plugins;
  series: Series[];
  reports: { report: ReportDefinition; options: unknown }[];
  models: PreparedModels;
  dataset: Dataset;
  datasetFacts: DatasetFacts;
  auditPlan: AuditPlan;
  gatePlan: GatePlan;
  manifest: Manifest;
  collectPlan: CollectPlan;
  /** Of the stored baseline; absent where there is none. */
  stored?: Standings;
  /** Set once a run that decides early has stopped. */
  stopped?: NonNullable<RunRecord['early']>;
}

/**
 * Changes nothing in the run folder.
 *
 * @throws InputError for models, data or gates that cannot be what the run needs
 */
export async function prepare(run: ResolvedRun, { stage, note }: Stages): Promise<PreparedRun> {
  const plugins = await loadPlugins(run.pluginFiles, '/');
  const series = await Promise.all(
    run.series.map(async (plan) => ({ plan, attack: await plugins.attack(plan.attack) })),
  );
  const reports = await Promise.all(
    run.reports.map(async ({ name, options }) => ({ report: await plugins.report(name), options })),
  );
  const stored = await readStored(run.baseline);
  const models = await stage('reading models', () => prepareModels(run.models, run.surrogates, series, run.data.size));
  const { dataset, facts: datasetFacts } = await stage('reading images', async () => {
    const opened = await openDataset(run.data, { shape: models.shape, logits: models.classes });
    return { dataset: opened, facts: describeDataset(opened, await hashDataset(opened)) };
  });
  const auditPlan: AuditPlan = {
    models: run.models.map(({ name }) => name),
    classes: dataset.classes,
    groupColumns: dataset.groupColumns,
    evaluations: evaluationsOf(
      series.filter(({ plan }) => isFull(plan)),
      dataset.classes,
    ),
    examples: dataset.examples.map(({ id, label, groups }) => ({ id, label, groups })),
    audits: run.audits.map(({ name }) => name),
  };
  const declared = await Promise.all(
    run.audits.map(async ({ name, options }) => (await plugins.audit(name)).metrics?.(auditPlan, options)),
  );
  const gatePlan = await planGates(
    run,
    declared,
    { ...auditPlan, models: auditedModels(run) },
    run.baseline?.source === 'model' || stored !== undefined,
  );
  const manifest = await makeManifest(run, models, datasetFacts, inputsOf(run, stored, gatePlan));
  const collectPlan: CollectPlan = {
    models: run.models,
    surrogates: run.surrogates,
    series: run.series,
    modelProbe: run.modelProbe,
    dataset,
    fits: fitsOf(dataset, run.seed, note),
    seed: run.seed,
    pluginFiles: run.pluginFiles,
    gradients: models.facts.map(({ gradient }) => gradient.available),
    engines: models.facts.map(({ macs }) => engineFor(run.engine, macs, models.shape)),
  };
  return {
    run,
    plugins,
    series,
    reports,
    models,
    dataset,
    datasetFacts,
    auditPlan,
    gatePlan,
    manifest,
    collectPlan,
    ...(stored && { stored: stored.standings }),
  };
}
