/** A run once everything is collected: rows to findings, findings to verdicts, pictures, and the record that holds them all. */
import type { Journal } from '../collect/journal.ts';
import { MODEL_PROBE } from '../plugin/outcome.ts';
import type { GalleryItem, RunRecord } from '../plugin/record.ts';
import { taskOf } from './collect.ts';
import { auditedModels, type Comparison, compareWithBaseline } from './compare.ts';
import { queryTotals, repairNotes } from './describe.ts';
import { stoppingNote } from './early.ts';
import { chooseFallen, drawGallery } from './gallery.ts';
import { decidingNotes, reachVerdict } from './gates.ts';
import { historyEntry, type Past } from './history.ts';
import { collectedIn, measure } from './measure.ts';
import type { Outcomes, ProbeOutcomes } from './outcomes.ts';
import type { PreparedRun } from './prepare.ts';
import type { Stages } from './stage.ts';

/** All that a run's files are written from. */
export interface ConcludedRun {
  record: RunRecord;
  /** PNG bytes by the names that the record's gallery uses. */
  images: Map<string, Uint8Array>;
  outcomes: Outcomes;
  probes: ProbeOutcomes;
}

/**
 * @param journal with every portion of the run
 * @param past absent where the run keeps no history
 */
export async function conclude(
  prepared: PreparedRun,
  journal: Journal,
  { stage }: Stages,
  past: Past | undefined,
): Promise<ConcludedRun> {
  const { run, models, dataset, auditPlan, gatePlan, manifest, stopped } = prepared;
  const collected = collectedIn(journal, prepared);
  const { outcomes, probes } = collected;
  const findings = await stage('auditing', () => measure(prepared, collected));
  const compared = compareWithBaseline(prepared, outcomes);
  const { verdict, ...judged } = reachVerdict(gatePlan, { findings, models: auditedModels(run), ...compared.given });
  const { items, images } = await stage('drawing the gallery', () => draw(prepared, outcomes, compared));
  const measured = { verdict, findings, ...judged, dataset: prepared.datasetFacts };
  const record: RunRecord = {
    schemaVersion: 1,
    proofhouse: manifest.proofhouse,
    verdict,
    seed: run.seed,
    command: run.command,
    config: run.canonical,
    engine: manifest.engine,
    models: models.facts,
    ...(models.surrogates.length > 0 && { surrogates: models.surrogates }),
    dataset: prepared.datasetFacts,
    classes: dataset.classes,
    evaluations: [...auditPlan.evaluations],
    findings,
    ...judged,
    ...compared.record,
    ...(past && { history: [...past.earlier, historyEntry(measured, past.commit)] }),
    ...(run.card && { card: run.card.card }),
    ...(stopped && { early: stopped }),
    gallery: { mode: run.gallery.images, items },
    queries: queryTotals(outcomes, probes),
    notes: [
      ...(stopped ? [stoppingNote(stopped, judged.gates)] : decidingNotes(gatePlan)),
      ...models.notes,
      ...(dataset.notes ?? []),
      ...compared.notes,
      ...repairNotes(outcomes),
    ],
  };
  return { record, images, outcomes, probes };
}

async function draw(
  { run, dataset, collectPlan }: PreparedRun,
  outcomes: Outcomes,
  { record: { changes } }: Comparison,
): Promise<{ items: GalleryItem[]; images: Map<string, Uint8Array> }> {
  const { images: mode, count } = run.gallery;
  if (mode === 'off') return { items: [], images: new Map() };
  const names = auditedModels(run);
  const audited = new Map([...outcomes].filter(([model]) => names.includes(model)));
  return drawGallery(
    chooseFallen(audited, run.seed, count, changes),
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
}
