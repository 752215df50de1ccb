/** The shards of a run, read back to be merged: all of them, each once, whole, and of the plan that this run has. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Portion } from '../collect/examine.ts';
import { seriesOn } from '../collect/series.ts';
import { partsFor } from '../collect/subsample.ts';
import { InputError } from '../errors.ts';
import type { OutcomeRow } from '../plugin/outcome.ts';
import { type Digests, firstChanged } from './digests.ts';
import { files } from './folder.ts';
import type { Manifest } from './manifest.ts';
import { portionsOf } from './outcomes.ts';
import type { PreparedRun } from './prepare.ts';
import { readDocument, readRows } from './read.ts';
import { holds, type Shard, shardName } from './shard.ts';

interface ShardFolder {
  folder: string;
  manifest: Manifest;
  shard: Shard;
  /** Why it cannot be merged, if it cannot. */
  problem?: string;
}

/** @throws InputError when the merged run would replace a shard that it is made of */
export function requireElsewhere(output: string, folders: readonly string[]): void {
  if (folders.some((folder) => resolve(folder) === resolve(output)))
    throw new InputError(
      `The output folder ${basename(output)} is one of the shards.`,
      'Choose another with --output: merging would replace the shard.',
    );
}

/**
 * @returns every portion of the run, with its model
 * @throws InputError with a sentence for each shard that is missing, doubled, unfinished, damaged or of another plan
 */
export async function portionsOfShards(
  { run, manifest, collectPlan }: PreparedRun,
  folders: readonly string[],
): Promise<[model: string, Portion][]> {
  const opened = await Promise.allSettled(folders.map(openShard));
  const problems: string[] = [];
  const shards: ShardFolder[] = [];
  for (const result of opened) {
    if (result.status === 'fulfilled') shards.push(result.value);
    else if (result.reason instanceof InputError) problems.push(result.reason.message);
    else throw result.reason;
  }
  problems.push(
    ...shards.flatMap((one) => (one.problem === undefined ? foreign(one, manifest) : [one.problem])),
    ...incomplete(shards),
  );
  if (problems.length > 0)
    throw new InputError(
      problems.join('\n'),
      'Nothing was written. Make the missing shards with `proofhouse run … --shard i/n`, all from one config, and merge again.',
    );

  const portions: [string, Portion][] = [];
  for (const { folder } of shards)
    portions.push(...portionsOf(await readRows<OutcomeRow>(folder, files.outcomes, 'outcome'), run.series));
  const found = new Set(portions.map(([model, { example, part }]) => JSON.stringify([model, example, part])));
  for (const { name } of run.models) {
    const { wanted } = partsFor({ ...collectPlan, series: seriesOn(name, run.series) });
    for (const { id } of collectPlan.dataset.examples) {
      const absent = wanted(id).find((part) => !found.has(JSON.stringify([name, id, part])));
      if (absent === undefined) continue;
      const owner = shards.find(({ shard }) => holds(shard, id)) as ShardFolder;
      throw new InputError(
        `${basename(owner.folder)} lacks the outcome of ${absent} for ${JSON.stringify(id)} on ${name}.`,
        `Make shard ${shardName(owner.shard)} again with --overwrite.`,
      );
    }
  }
  return portions;
}

async function openShard(folder: string): Promise<ShardFolder> {
  const name = basename(resolve(folder));
  if (!existsSync(join(folder, files.manifest))) {
    // A shard that stopped before it had a manifest tells why.
    if (existsSync(join(folder, files.results))) await readDocument(folder, files.results, 'results');
    throw new InputError(`${name} holds no shard: there is no ${files.manifest} in it.`);
  }
  const manifest = await readDocument<Manifest>(folder, files.manifest, 'manifest');
  const { shard } = manifest;
  if (shard === undefined) throw new InputError(`${name} holds a whole run, not a shard of one.`);
  const problem = await damage(folder, shard);
  return { folder, manifest, shard, ...(problem !== undefined && { problem }) };
}

/** What a shard that did not end says of itself. */
async function lastWords(folder: string): Promise<string> {
  const nothing = 'finish it with --resume.';
  if (!existsSync(join(folder, files.results))) return nothing;
  return readDocument(folder, files.results, 'results').then(
    () => nothing,
    (error: unknown) => (error as Error).message,
  );
}

async function damage(folder: string, shard: Shard): Promise<string | undefined> {
  const name = basename(resolve(folder));
  if (!existsSync(join(folder, files.digests)))
    return `${name} holds shard ${shardName(shard)}, which did not finish: ${await lastWords(folder)}`;
  const changed = await firstChanged(folder, await readDocument<Digests>(folder, files.digests, 'digests'));
  if (changed === undefined) return undefined;
  return changed.how === 'missing'
    ? `${name} holds shard ${shardName(shard)} without its ${changed.file}.`
    : `${name}/${changed.file} was cut or changed since shard ${shardName(shard)} was written.`;
}

function foreign({ folder, manifest, shard }: ShardFolder, ours: Manifest): string[] {
  const { shard: _, ...plan } = manifest.plan;
  const names = [...new Set([...Object.keys(plan), ...Object.keys(ours.plan)])];
  const different = names.filter((name) => plan[name] !== ours.plan[name]);
  if (different.length === 0) return [];
  return [
    `${basename(folder)} holds shard ${shardName(shard)} of another run: ${different.join(', ')} ${different.length === 1 ? 'differs' : 'differ'} from this config's.`,
  ];
}

/** Sentences about shards of other divisions, doubled ones and those that are not there. */
function incomplete(shards: readonly ShardFolder[]): string[] {
  const [first] = shards;
  if (first === undefined) return [];
  const { count } = first.shard;
  const problems = shards
    .filter(({ shard }) => shard.count !== count)
    .map(
      ({ folder, shard }) =>
        `${basename(folder)} holds shard ${shardName(shard)}, but ${basename(first.folder)} is one of ${count}.`,
    );
  const missing: string[] = [];
  for (let index = 1; index <= count; index++) {
    const same = shards.filter(({ shard }) => shard.index === index && shard.count === count);
    if (same.length === 0) missing.push(shardName({ index, count }));
    if (same.length > 1)
      problems.push(
        `Shard ${shardName({ index, count })} is there ${same.length} times: ${same.map(({ folder }) => basename(folder)).join(', ')}.`,
      );
  }
  if (missing.length > 0)
    problems.push(missing.length === 1 ? `Shard ${missing[0]} is missing.` : `Shards ${listed(missing)} are missing.`);
  return problems;
}

const mostListed = 12;

function listed(names: readonly string[]): string {
  const rest = names.length - mostListed;
  return names.slice(0, mostListed).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
