/** Weights of groups that follow their losses (Sagawa et al. 2020, arXiv:1911.08731): the group that fares worst counts most. */
import { InputError } from '../errors.ts';
import type { GroupWeights } from '../plugin/objective.ts';
import type { ExampleRow } from '../plugin/outcome.ts';
import { quote } from '../quote.ts';

/** The groups of a training run. */
export interface Groups {
  names: readonly string[];
  /** Which group each example is of, by index of example; −1 for examples that are not trained on. */
  of: readonly number[];
  rate: number;
}

/**
 * @param training indices of the examples that are trained on
 * @param classes names by class index
 * @throws InputError where the data have no such column, or a training example has no value in it
 */
export function groupsOf(
  { column, by, rate }: GroupWeights,
  examples: readonly ExampleRow[],
  {
    training,
    columns,
    classes,
  }: { training: readonly number[]; columns: readonly string[]; classes: readonly string[] },
): Groups {
  if (!columns.includes(column))
    throw new InputError(
      `The objective weights the groups of the column ${quote(column)}, which is not among the subgroup columns of the data.`,
      columns.length === 0
        ? 'Name the column under data.groups; a manifest has it, an image folder has none.'
        : `Subgroup columns: ${columns.map(quote).join(', ')}.`,
    );
  const unknown = training.filter((index) => examples[index].groups[column] === undefined);
  if (unknown.length > 0)
    throw new InputError(
      `${unknown.length} of the ${training.length} images to train on ${unknown.length === 1 ? 'has' : 'have'} no value in the column ${quote(column)}, the first of them ${quote(examples[unknown[0]].id)}.`,
      'Fill the column in, or leave those rows out of the manifest.',
    );
  const nameOf = ({ groups, label }: ExampleRow) =>
    by === 'subgroup' ? groups[column] : `${groups[column]} · ${classes[label]}`;
  const names = [...new Set(training.map((index) => nameOf(examples[index])))].toSorted();
  const places = new Map(names.map((name, place) => [name, place]));
  const of = examples.map(() => -1);
  for (const index of training) of[index] = places.get(nameOf(examples[index])) ?? -1;
  return { names, of, rate };
}

export const equalWeights = ({ names }: Groups): Float32Array => new Float32Array(names.length).fill(1 / names.length);

/** What each example's loss is multiplied by so that the sum is Σ q · mean loss of the group; groups that the batch lacks take no part. */
export function exampleWeights({ of }: Groups, q: Float32Array, batch: readonly number[]): number[] {
  const counts = Array.from(q, () => 0);
  for (const index of batch) counts[of[index]]++;
  return batch.map((index) => q[of[index]] / counts[of[index]]);
}

/** q exp(η · mean loss of the group) over its sum; the loss of a group that the batch lacks counts as 0, as in the authors' program. */
export function updatedWeights(
  { of, rate }: Groups,
  q: Float32Array,
  batch: readonly number[],
  losses: readonly number[],
): Float32Array {
  const sums = Array.from(q, () => 0);
  const counts = Array.from(q, () => 0);
  for (const [row, index] of batch.entries()) {
    sums[of[index]] += losses[row];
    counts[of[index]]++;
  }
  // A large loss must not overflow: only ratios matter.
  const exponents = sums.map((sum, group) => rate * (sum / Math.max(1, counts[group])));
  const largest = Math.max(...exponents);
  const grown = exponents.map((exponent, group) => q[group] * Math.exp(exponent - largest));
  const total = grown.reduce((sum, value) => sum + value, 0);
  return Float32Array.from(grown, (value) => value / total);
}
