/** Which examples each model gets right under each evaluation, and all that these bits rest on: the part of a run that is compared. */
import type { Evaluation, OutcomeRow } from '../plugin/outcome.ts';
import type { ModelFacts, RunRecord } from '../plugin/record.ts';
import { falls, type WorstCase, worstCases } from '../plugin/standing.ts';

/** What decides an evaluation's outcomes, without what only describes it. */
export type ComparedEvaluation = Omit<Evaluation, 'title' | 'reference' | 'access'>;

/** A model that attacks were made on. */
export type Surrogate = Pick<ModelFacts, 'name' | 'sha256' | 'preprocessing'>;

/** A model that is compared. */
export type ComparedModel = Pick<ModelFacts, 'name' | 'sha256'> & Partial<Pick<ModelFacts, 'preprocessing'>>;

export interface Standings {
  proofhouse: string;
  engine: RunRecord['engine'];
  seed: number;
  /** SHA-256 of the data, and how many examples it has. */
  dataset: { sha256: string; examples: number };
  /** SHA-256 of each plugin file. */
  plugins: readonly string[];
  /** `preprocessing` is absent from older baselines. */
  models: readonly ComparedModel[];
  surrogates: readonly Surrogate[];
  /** 'clean' first. */
  evaluations: readonly ComparedEvaluation[];
  /** By example, in the data's order: 1 where the model is right. Undefined where that evaluation was not run on that model. */
  stands(model: string, evaluation: string): Uint8Array | undefined;
}

function withoutDescription(evaluation: Evaluation): ComparedEvaluation {
  const { title: _title, reference: _reference, access: _access, ...decisive } = evaluation;
  return decisive;
}

type Described = Pick<
  RunRecord,
  'proofhouse' | 'engine' | 'seed' | 'dataset' | 'models' | 'surrogates' | 'evaluations'
>;

/**
 * @param run a record, or as much of one as is known when its outcomes are
 * @param plugins the plugin files of its manifest
 * @param rows of one model under one evaluation, in the data's order
 */
export function standingsOf(
  run: Described,
  plugins: readonly { sha256: string }[],
  rows: (model: string, evaluation: string) => readonly OutcomeRow[] | undefined,
): Standings {
  const { proofhouse, engine, seed, dataset, models, evaluations } = run;
  const madeOn = new Set(evaluations.map(({ surrogate }) => surrogate));
  return {
    proofhouse,
    engine,
    seed,
    dataset: { sha256: dataset.sha256, examples: dataset.examples },
    plugins: plugins.map(({ sha256 }) => sha256).toSorted(),
    models: models.map(({ name, sha256, preprocessing }) => ({ name, sha256, preprocessing })),
    surrogates: [...models, ...(run.surrogates ?? [])]
      .filter(({ name }) => madeOn.has(name))
      .map(({ name, sha256, preprocessing }) => ({ name, sha256, preprocessing })),
    evaluations: evaluations.map(withoutDescription),
    stands(model, evaluation) {
      const clean = rows(model, 'clean');
      const found = rows(model, evaluation);
      if (clean === undefined || found === undefined) return undefined;
      return Uint8Array.from(found, (row, index) => (falls(row, clean[index]) ? 0 : 1));
    },
  };
}

/** The same with fewer models, such as those of a run that are not its baseline. */
export const ofModels = (standings: Standings, wanted: (name: string) => boolean): Standings => ({
  ...standings,
  models: standings.models.filter(({ name }) => wanted(name)),
});

/** The evaluations that a model met, and the worst cases over them. */
export function conditionsOn(
  standings: Standings,
  model: string,
): { evaluations: readonly ComparedEvaluation[]; worst: WorstCase[] } {
  const evaluations = standings.evaluations.filter(({ id }) => standings.stands(model, id) !== undefined);
  return { evaluations, worst: worstCases(evaluations) };
}

/** As `stands`, for the worst case over its members. */
export function standsThroughout(standings: Standings, model: string, { members }: WorstCase): Uint8Array {
  const all = members.map((member) => standings.stands(model, member) as Uint8Array);
  return Uint8Array.from(all[0], (_, index) => (all.every((stands) => stands[index] === 1) ? 1 : 0));
}
