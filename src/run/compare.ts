/** A run beside its baseline: read before the first attack, so that a damaged one costs nothing; compared once outcomes are there. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { BaselinePlan } from '../config/plan.ts';
import type { ResolvedRun } from '../config/resolved.ts';
import { changesBetween, matchModels } from '../gate/changes.ts';
import { canonical } from '../gate/comparable.ts';
import type { Given } from '../gate/judgement.ts';
import { type ComparedModel, ofModels, standingsOf } from '../gate/standings.ts';
import type { RunRecord } from '../plugin/record.ts';
import type { Outcomes } from './outcomes.ts';
import type { PreparedRun } from './prepare.ts';
import { openSide, type Side } from './side.ts';

/**
 * What a stored baseline says; undefined where the run has none, or one that does not exist yet.
 *
 * @throws InputError for a folder that is damaged or of a newer Proofhouse, or a run that stopped early
 */
export async function readStored(plan: BaselinePlan | undefined): Promise<Side | undefined> {
  return plan?.source === 'folder' && existsSync(plan.path) ? openSide(plan.path, true) : undefined;
}

/** Names of the models that gates bind and that are compared: all but the baseline's own. */
export const auditedModels = ({ models, baseline }: Pick<ResolvedRun, 'models' | 'baseline'>): string[] =>
  models.map(({ name }) => name).filter((name) => baseline?.source !== 'model' || name !== baseline.model);

/** What is said of the baseline: in the record, to the gates, and to the reader. */
export interface Comparison {
  record: Pick<RunRecord, 'baseline' | 'changes'>;
  given: Pick<Given, 'changes' | 'unchanged' | 'identical' | 'missingBaseline'>;
  notes: string[];
}

type Hashed = readonly { name: string; sha256: string }[];

/** Names of the present models whose file is the baseline's own. */
export function unchangedModels(before: Hashed, now: Hashed): string[] {
  const hash = (side: Hashed, model: string | undefined) => side.find(({ name }) => name === model)?.sha256;
  return matchModels(before, now)
    .filter(({ model, baselineModel }) => hash(now, model) === hash(before, baselineModel))
    .map(({ model }) => model);
}

/** Those whose file and preprocessing are the baseline's own; none of a baseline that does not say what its preprocessing was. */
function identicalModels(before: readonly ComparedModel[], now: readonly ComparedModel[]): string[] {
  const text = (side: readonly ComparedModel[], model: string | undefined) => {
    const { sha256, preprocessing } = side.find(({ name }) => name === model) ?? {};
    return preprocessing && canonical([sha256, preprocessing]);
  };
  return matchModels(before, now)
    .filter(({ model, baselineModel }) => {
      const own = text(now, model);
      return own !== undefined && own === text(before, baselineModel);
    })
    .map(({ model }) => model);
}

export function compareWithBaseline(prepared: PreparedRun, outcomes: Outcomes): Comparison {
  const { run, stored, models, auditPlan, manifest, datasetFacts } = prepared;
  const { baseline } = run;
  if (baseline === undefined) return { record: {}, given: {}, notes: [] };
  const standings = standingsOf(
    {
      proofhouse: manifest.proofhouse,
      engine: manifest.engine,
      seed: run.seed,
      dataset: datasetFacts,
      models: models.facts,
      surrogates: models.surrogates,
      evaluations: [...auditPlan.evaluations],
    },
    manifest.plugins,
    (model, evaluation) => outcomes.get(model)?.get(evaluation),
  );
  const audited = auditedModels(run);
  const now = ofModels(standings, (name) => audited.includes(name));
  const before = baseline.source === 'model' ? ofModels(standings, (name) => name === baseline.model) : stored;
  if (before === undefined)
    return {
      record: {},
      given: { missingBaseline: baseline.source === 'folder' ? baseline.missing : 'error' },
      notes: [
        'There is no baseline yet, so that nothing was compared. Store this run as one: proofhouse baseline update <run folder>.',
      ],
    };
  const changes = changesBetween(before, now, auditPlan.examples);
  const matched = matchModels(before.models, now.models);
  return {
    record: {
      baseline: {
        source: baseline.source,
        name:
          baseline.source === 'folder'
            ? basename(baseline.path)
            : (models.facts.find(({ name }) => name === baseline.model)?.file ?? ''),
        proofhouse: before.proofhouse,
        models: before.models.map(({ name, sha256 }) => ({ name, sha256 })),
      },
      changes,
    },
    given: {
      changes,
      unchanged: unchangedModels(before.models, now.models),
      identical: identicalModels(before.models, now.models),
    },
    notes: matched
      .filter(({ baselineModel }) => baselineModel === undefined)
      .map(({ model }) => `The baseline has no model called ${model}, so that nothing is compared for it.`),
  };
}
