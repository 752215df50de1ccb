/**
 * A run from plan to report: collect, audit, gate, render. Only the collecting stage touches a model; everything after it
 * is a pure function of the outcomes.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from './audit-events.ts';
import { Journal, requireSamePlan } from './collect/journal.ts';
import type { ResolvedRun } from './config/resolved.ts';
import type { Dataset } from './dataset/dataset.ts';
import { openDataset } from './dataset/open.ts';
import { hashDataset } from './dataset/verify.ts';
import { engineFor } from './engine/machine.ts';
import { judge, overall } from './gate/index.ts';
import type { AuditInput, AuditPlan } from './plugin/audit.ts';
import type { Finding } from './plugin/finding.ts';
import { MODEL_PROBE } from './plugin/outcome.ts';
import type { DatasetFacts, RunRecord } from './plugin/record.ts';
import { loadPlugins, type Plugins } from './plugins.ts';
import { type CollectPlan, collect, taskOf } from './run/collect.ts';
import { attackEvaluations, evaluationsOf, queryTotals, repairNotes } from './run/describe.ts';
import { clearRun, files, prepareFolder, writeAtomically } from './run/folder.ts';
import { chooseFallen, drawGallery } from './run/gallery.ts';
import { checkGates } from './run/gates.ts';
import { type Manifest, makeManifest } from './run/manifest.ts';
import { prepareModels } from './run/models.ts';
import {
  gatherOutcomes,
  gatherProbes,
  isFull,
  type Outcomes,
  outcomeLines,
  type ProbeOutcomes,
  portionsOf,
} from './run/outcomes.ts';

export interface AuditHooks {
  onEvent?: ((event: RunEvent) => void) | undefined;
  /** Continue the run that the output folder holds. */
  resume?: boolean | undefined;
  /** Replace the run that the output folder holds. */
  overwrite?: boolean | undefined;
  /** Aborting stops between batches; what was computed stays for `resume`. */
  signal?: AbortSignal | undefined;
}

/**
 * Carries out a resolved run and writes its folder.
 *
 * @throws InputError for anything the person can mend; the folder keeps what was computed
 */
export async function audit(run: ResolvedRun, hooks: AuditHooks = {}): Promise<{ record: RunRecord; folder: string }> {
  const { resume = false, overwrite = false, signal } = hooks;
  const durations: Record<string, number> = {};
  const stage = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    hooks.onEvent?.({ type: 'stage', name });
    const start = performance.now();
    const result = await work();
    durations[name] = Math.round(performance.now() - start);
    return result;
  };
  const plugins = await loadPlugins(run.pluginFiles, '/');
  const series = await Promise.all(
    run.series.map(async (plan) => ({ plan, attack: await plugins.attack(plan.attack) })),
  );
  const reports = await Promise.all(
    run.reports.map(async ({ name, options }) => ({ report: await plugins.report(name), options })),
  );

  const models = await stage('reading models', () => prepareModels(run.models, run.surrogates, series, run.data.size));
  await prepareFolder(run.output, { resume, overwrite });
  const path = (file: string) => join(run.output, file);
  const { dataset, facts: datasetFacts } = await stage('reading images', async () => {
    const opened = await openDataset(run.data, { shape: models.shape, logits: models.classes });
    return { dataset: opened, facts: describeDataset(opened, await hashDataset(opened)) };
  });
  const evaluations = evaluationsOf(
    series.filter(({ plan }) => isFull(plan)),
    dataset.classes,
  );
  const auditPlan: AuditPlan = {
    models: run.models.map(({ name }) => name),
    classes: dataset.classes,
    groupColumns: dataset.groupColumns,
    evaluations,
    examples: dataset.examples.map(({ id, label, groups }) => ({ id, label, groups })),
    audits: run.audits.map(({ name }) => name),
  };
  await checkGates(run, plugins, auditPlan);
  const manifest = await makeManifest(run, models, datasetFacts);
  if (!resume) {
    await clearRun(
      run.output,
      reports.map(({ report }) => report.file),
    );
  }
  const journal = resume ? await resumeJournal(run, manifest) : Journal.create(path(files.journal), manifest.plan);
  await writeAtomically(path(files.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
  const { resumed } = journal;
  if (resumed > 0) hooks.onEvent?.({ type: 'note', text: `resuming: ${resumed} parts are already done` });

  const collectPlan: CollectPlan = {
    models: run.models,
    surrogates: run.surrogates,
    series: run.series,
    modelProbe: run.modelProbe,
    dataset,
    seed: run.seed,
    pluginFiles: run.pluginFiles,
    gradients: models.facts.map(({ gradient }) => gradient.available),
    engines: models.facts.map(({ macs }) => engineFor(run.engine, macs, models.shape)),
  };
  try {
    await stage('attacking', () =>
      collect(
        collectPlan,
        journal,
        (done, total) => hooks.onEvent?.({ type: 'progress', done, total, unit: 'images' }),
        signal,
      ),
    );
  } finally {
    journal.close();
  }
  const outcomes = gatherOutcomes(journal, run.models, run.series, dataset.examples);
  const probes = gatherProbes(journal, run.models, run.series, dataset.examples);
  const probed = attackEvaluations(
    series.filter(({ plan }) => !isFull(plan)),
    dataset.classes,
  );
  const findings = await stage('auditing', () => measure(run, plugins, auditPlan, { outcomes, probed, probes }));
  const gates = judge(run.gates, findings, auditPlan.models);

  const { images: mode, count } = run.gallery;
  const { items, images } = await stage('drawing the gallery', async () => {
    if (mode === 'off') return { items: [], images: new Map<string, Uint8Array>() };
    return drawGallery(
      chooseFallen(outcomes, run.seed, count),
      outcomes,
      (model, wanted) => {
        const index = run.models.findIndex(({ name }) => name === model);
        const pending = dataset.examples
          .filter(({ id }) => wanted.has(id))
          .map(({ id, label, file }) => ({
            id,
            label,
            file,
            done: [
              'clean',
              MODEL_PROBE,
              ...run.series.filter((plan) => !wanted.get(id)?.startsWith(`${plan.id}:`)).map((plan) => plan.id),
            ],
          }));
        return taskOf(collectPlan, index, pending);
      },
      mode,
    );
  });

  const record: RunRecord = {
    schemaVersion: 1,
    proofhouse: manifest.proofhouse,
    verdict: overall(gates),
    seed: run.seed,
    command: run.command,
    config: run.canonical,
    engine: manifest.engine,
    models: models.facts,
    ...(models.surrogates.length > 0 && { surrogates: models.surrogates }),
    dataset: datasetFacts,
    classes: dataset.classes,
    evaluations,
    findings,
    gates,
    gating: { context: 'release', inconclusive: 'blocks', off: [] },
    gallery: { mode, items },
    queries: queryTotals(outcomes, probes),
    notes: [...models.notes, ...(dataset.notes ?? []), ...repairNotes(outcomes)],
  };
  await stage('writing', async () => {
    const examples = dataset.examples.map(({ id, label, groups }) =>
      JSON.stringify({ schemaVersion: 1, id, label, groups }),
    );
    await writeAtomically(path(files.examples), `${examples.join('\n')}\n`);
    await writeAtomically(path(files.outcomes), outcomeLines(outcomes, probes, dataset.examples));
    await rm(path(files.images), { recursive: true, force: true });
    if (images.size > 0) await mkdir(path(files.images));
    for (const [name, png] of images) await writeAtomically(join(run.output, files.images, name), png);
    await writeAtomically(path(files.results), `${JSON.stringify(record, null, 2)}\n`);
    for (const { report, options } of reports) {
      await writeAtomically(path(report.file), report.render({ record, images }, options));
    }
  });
  await writeAtomically(path(files.log), `${JSON.stringify(logOf(durations, collectPlan, resumed), null, 2)}\n`);
  await rm(path(files.journal), { force: true });
  return { record, folder: run.output };
}

/** The journal of the run in the folder; of a finished one, whose journal is gone, made again from its outcomes. */
async function resumeJournal(run: ResolvedRun, manifest: Manifest): Promise<Journal> {
  const path = (file: string) => join(run.output, file);
  if (existsSync(path(files.journal)) || !existsSync(path(files.outcomes))) {
    return Journal.resume(path(files.journal), manifest.plan);
  }
  const finished = JSON.parse(await readFile(path(files.manifest), 'utf8')) as Manifest;
  requireSamePlan(finished.plan, manifest.plan, path(files.manifest));
  const journal = Journal.create(path(files.journal), manifest.plan);
  for (const [model, portion] of portionsOf(await readFile(path(files.outcomes), 'utf8'), run.series)) {
    journal.append(model, portion);
  }
  return journal;
}

async function measure(
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

function describeDataset(dataset: Dataset, sha256: string): DatasetFacts {
  const perClass = dataset.classes.map(() => 0);
  for (const { label } of dataset.examples) perClass[label]++;
  return {
    source: dataset.source,
    sha256,
    examples: dataset.examples.length,
    perClass,
    groupColumns: dataset.groupColumns.map((name) => {
      const counts = new Map<string, number>();
      let unknown = 0;
      for (const { groups } of dataset.examples) {
        const value = groups[name];
        if (value === undefined) unknown++;
        else counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      return { name, values: Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))), unknown };
    }),
    shape: dataset.decode.shape,
  };
}

/** Facts that vary from run to run; the one file that does not reproduce. */
function logOf(durations: Record<string, number>, plan: CollectPlan, resumed: number) {
  return {
    finished: new Date().toISOString(),
    milliseconds: durations,
    engines: plan.engines,
    resumedParts: resumed,
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
    },
  };
}
