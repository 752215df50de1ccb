/** What changed since the baseline, example by example: the same images under the same attacks, before and now. */
import type { ExampleRow } from '../plugin/outcome.ts';
import type { Change } from '../plugin/record.ts';
import { mcnemarExact, tango } from '../statistics/index.ts';
import { differences, worstDifferences } from './comparable.ts';
import { conditionsOn, type Standings, standsThroughout } from './standings.ts';

type Paired = NonNullable<Change['paired']>;

const confidence = 0.95;

/** Flips in each subgroup where anything flipped, by column and value. */
function groupFlips(examples: readonly ExampleRow[], before: Uint8Array, now: Uint8Array): Paired['groups'] {
  const groups = new Map<string, Paired['groups'][number]>();
  examples.forEach((example, index) => {
    for (const [column, value] of Object.entries(example.groups)) {
      const key = JSON.stringify([column, value]);
      const group = groups.get(key) ?? { column, value, total: 0, regressed: 0, improved: 0 };
      group.total++;
      if (before[index] > now[index]) group.regressed++;
      if (before[index] < now[index]) group.improved++;
      groups.set(key, group);
    }
  });
  return [...groups]
    .filter(([, { regressed, improved }]) => regressed + improved > 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => group);
}

/**
 * The paired comparison of one model and evaluation.
 *
 * The drop, right before − right now, has Tango's two-sided 95 % score interval; p is the one-sided exact McNemar test of "not worse".
 *
 * @param examples in the data's order; both sides have a bit for each, 1 where the model is right
 * @throws RangeError unless both sides have a bit for each of at least one example
 */
export function pair(examples: readonly ExampleRow[], before: Uint8Array, now: Uint8Array): Paired {
  const total = examples.length;
  if (before.length !== total || now.length !== total)
    throw new RangeError(`${before.length} and ${now.length} outcomes cannot be paired over ${total} examples`);
  const idsWhere = (holds: (index: number) => boolean) =>
    examples.flatMap(({ id }, index) => (holds(index) ? [id] : []));
  const regressed = idsWhere((index) => before[index] > now[index]);
  const improved = idsWhere((index) => before[index] < now[index]);
  const standing = now.reduce((sum, stands) => sum + stands, 0);
  const interval = tango({ losses: regressed.length, gains: improved.length, total }, confidence);
  return {
    total,
    stand: standing - improved.length,
    fall: total - standing - regressed.length,
    regressed,
    improved,
    drop: (regressed.length - improved.length) / total,
    ...interval,
    p: mcnemarExact(regressed.length, improved.length, 'worse'),
    groups: groupFlips(examples, before, now),
  };
}

interface Matched {
  model: string;
  baselineModel: string;
}

/** Models of the same name; where each side has exactly one model, these two. */
export function matchModels(
  before: readonly { name: string }[],
  now: readonly { name: string }[],
): (Matched | { model: string; baselineModel: undefined })[] {
  const single = before.length === 1 && now.length === 1 ? before[0].name : undefined;
  return now.map(({ name }) => ({
    model: name,
    baselineModel: single ?? before.find((other) => other.name === name)?.name,
  }));
}

function changesOf(
  { model, baselineModel }: Matched,
  before: Standings,
  now: Standings,
  examples: readonly ExampleRow[],
): Change[] {
  const old = conditionsOn(before, baselineModel);
  const young = conditionsOn(now, model);
  const change = (evaluation: string, differs: string[], sides: () => [Uint8Array, Uint8Array]): Change => ({
    model,
    baselineModel,
    evaluation,
    differs,
    ...(differs.length === 0 && { paired: pair(examples, ...sides()) }),
  });
  const oneSided = (evaluation: string, differs: string): Change => ({
    model,
    baselineModel,
    evaluation,
    differs: [differs],
  });
  const changes = young.evaluations.map(({ id }) =>
    old.evaluations.some((other) => other.id === id)
      ? change(id, differences(before, now, id), () => [
          before.stands(baselineModel, id) as Uint8Array,
          now.stands(model, id) as Uint8Array,
        ])
      : oneSided(id, 'the baseline has no outcomes of it'),
  );
  const dropped = old.evaluations
    .filter(({ id }) => young.evaluations.every((other) => other.id !== id))
    .map(({ id }) => oneSided(id, 'it was evaluated before and is no more'));
  const worst = young.worst.map((one) => {
    const other = old.worst.find(({ id }) => id === one.id);
    if (other === undefined) return oneSided(one.id, 'the baseline has no attack at this norm and radius');
    const differs = worstDifferences(
      { standings: before, members: other.members },
      { standings: now, members: one.members },
    );
    return change(one.id, differs, () => [
      standsThroughout(before, baselineModel, other),
      standsThroughout(now, model, one),
    ]);
  });
  return [...changes, ...worst, ...dropped];
}

/**
 * Every model that is on both sides under every evaluation of either: clean, attacks and the worst cases over attacks, as robust accuracy
 * counts them ('worst:linf:8/255'), then what was evaluated before only.
 *
 * @param examples of the present side, in the data's order
 */
export function changesBetween(before: Standings, now: Standings, examples: readonly ExampleRow[]): Change[] {
  return matchModels(before.models, now.models).flatMap((matched) =>
    matched.baselineModel === undefined ? [] : changesOf(matched, before, now, examples),
  );
}
