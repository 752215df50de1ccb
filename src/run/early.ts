/**
 * Deciding early: examples are attacked in the run's seeded order, and the run stops as soon as every gate is settled. Where it looks is a matter of counts
 * alone, so that workers, batches and interruptions change nothing.
 */
import type { Journal } from '../collect/journal.ts';
import { seededOrder } from '../collect/subsample.ts';
import type { ResolvedRun } from '../config/resolved.ts';
import { hashDataset } from '../dataset/verify.ts';
import { InputError } from '../errors.ts';
import { isWaitedFor, keyOf, settle } from '../gate/index.ts';
import { listed } from '../gate/show.ts';
import type { GateResult, RunRecord } from '../plugin/record.ts';
import { collect } from './collect.ts';
import { auditedModels, compareWithBaseline } from './compare.ts';
import { describeDataset } from './dataset-facts.ts';
import type { Early } from './gates.ts';
import { collectedIn, measure } from './measure.ts';
import type { PreparedRun } from './prepare.ts';

const firstChunk = 32;
/** Examples until the next look, as a share of those attacked: each look loads the models anew. */
const growth = 0.1;

/**
 * Numbers of examples after which the gates are looked at: the last is all of them.
 *
 * @param least examples before the first look
 */
export function looks(planned: number, least = 0): number[] {
  const ends: number[] = [];
  for (let end = 0; end < planned; )
    ends.push((end = Math.min(planned, end + Math.max(firstChunk, Math.floor(growth * end)))));
  return ends.filter((end) => end >= Math.min(least, planned));
}

/** Examples of the largest probe where the attacks' health is judged: its checks are to be made in full. */
const examplesProbed = ({ run, gatePlan }: PreparedRun): number =>
  gatePlan.rules.every((rule) => rule.level === 'off' || isWaitedFor(rule))
    ? 0
    : Math.max(0, run.modelProbe?.examples ?? 0, ...run.series.map(({ subsample = 0 }) => subsample));

/** @throws InputError where examples are divided among runs, none of which sees them all in order */
export function requireUndivided({ decide }: ResolvedRun): void {
  if (decide === 'early')
    throw new InputError(
      'decide: early and shards exclude each other: whether to stop depends on the examples of all shards.',
      'Run without shards, or with --decide all.',
    );
}

/** The run as if its data were these examples alone. Its dataset keeps the hash of the whole. */
function narrowed(prepared: PreparedRun, ids: ReadonlySet<string>): PreparedRun {
  const { dataset, datasetFacts, auditPlan, collectPlan, stored } = prepared;
  const has = ({ id }: { id: string }) => ids.has(id);
  const part = { ...dataset, examples: dataset.examples.filter(has) };
  const places = dataset.examples.flatMap((example, place) => (has(example) ? [place] : []));
  return {
    ...prepared,
    dataset: part,
    datasetFacts: describeDataset(part, datasetFacts.sha256),
    auditPlan: { ...auditPlan, examples: auditPlan.examples.filter(has) },
    collectPlan: { ...collectPlan, dataset: part },
    ...(stored?.dataset.sha256 === datasetFacts.sha256 && {
      stored: {
        ...stored,
        dataset: { ...stored.dataset, examples: places.length },
        stands: (model, evaluation) => {
          const bits = stored.stands(model, evaluation);
          return bits && Uint8Array.from(places, (place) => bits[place]);
        },
      },
    }),
  };
}

/** Whether every gate is settled by the examples so far; settles those that can be. */
async function isSettled(part: PreparedRun, journal: Journal): Promise<boolean> {
  const { run, gatePlan } = part;
  const { audits, planned, settled } = gatePlan.early as Early;
  const collected = collectedIn(journal, part);
  const findings = await measure(part, collected, audits);
  const { given } = compareWithBaseline(part, collected.outcomes);
  const rules = gatePlan.rules.filter(isWaitedFor);
  const judged = settle(rules, { findings, models: auditedModels(run), planned, ...given }, settled);
  return judged.every((one) => settled.has(keyOf(one)));
}

/**
 * Attacks chunk after chunk, all models on the same examples, until every gate is settled or the data ends.
 *
 * @param onProgress called with images done and images planned, counted once for each model
 * @returns the run, narrowed to the examples that were attacked
 * @throws InputError as `collect` does
 */
export async function attackUntilSettled(
  prepared: PreparedRun,
  journal: Journal,
  onProgress: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<PreparedRun> {
  const { run, dataset, collectPlan } = prepared;
  const order = seededOrder(dataset.examples, run.seed);
  const total = order.length * run.models.length;
  let start = 0;
  for (const end of looks(order.length, examplesProbed(prepared))) {
    const done = start * run.models.length;
    await collect(
      { ...collectPlan, only: new Set(order.slice(start, end)) },
      journal,
      (more) => onProgress(done + more, total),
      signal,
    );
    const part = narrowed(prepared, new Set(order.slice(0, end)));
    if ((await isSettled(part, journal)) || end === order.length) return stoppedAt(part, order.length);
    start = end;
  }
  return prepared;
}

async function stoppedAt(part: PreparedRun, planned: number): Promise<PreparedRun> {
  const { dataset, datasetFacts, stored } = part;
  const { length: examples } = dataset.examples;
  const stopped = { examples, planned };
  if (examples === planned) return { ...part, stopped };
  const sha256 = await hashDataset(dataset);
  return {
    ...part,
    datasetFacts: { ...datasetFacts, sha256 },
    ...(stored?.dataset.sha256 === datasetFacts.sha256 && {
      stored: { ...stored, dataset: { ...stored.dataset, sha256 } },
    }),
    stopped,
  };
}

/** Gates that even all examples leave open. */
function openOnes(gates: readonly GateResult[]): string {
  const open = gates.filter(({ verdict }) => verdict === 'inconclusive' || verdict === 'error');
  return open.length === 0 ? '' : ` Open to the end: ${listed(open.map(({ id, model }) => `${id} (${model})`))}.`;
}

/** What the reader of a report must know. */
export const stoppingNote = (
  { examples, planned }: NonNullable<RunRecord['early']>,
  gates: readonly GateResult[],
): string =>
  examples === planned
    ? `decide: early: all ${planned} examples were attacked, and gates were judged as they came, by confidence sequences.${openOnes(gates)}`
    : `decide: early: attacking stopped at ${examples} of ${planned} examples, taken in a seeded random order, when every gate was settled. ` +
      'Gates were judged by confidence sequences, which allow for that; the intervals of all else are over these examples and do not.';
