/** From labels as people write them to class indices, and the check that a data set and a model speak of the same classes. */
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import { byCodeUnits, count, didYouMean, listing, names } from './text.ts';

const INTEGER = /^[+-]?\d+$/;

/**
 * What the labels of a manifest mean. With `classes` given, labels are class names; or, when every label is an integer and none is a class
 * name, class indices. Without, integer labels are indices of classes named '0', '1', … of the model's logits, and other labels are the
 * names of the classes, which are sorted by code units.
 *
 * @param place where the label of a row stands, e.g. 'line 7'
 * @returns the classes, and the class index of each label
 * @throws InputError listing the labels that fit no class
 */
export function resolveLabels(
  labels: readonly string[],
  classes: readonly string[] | undefined,
  logits: number,
  place: (row: number) => string,
): { classes: string[]; indices: number[] } {
  const integers = labels.every((label) => INTEGER.test(label));
  const named = classes ?? (integers ? undefined : [...new Set(labels)].toSorted(byCodeUnits));
  const known = new Set(named);
  const byIndex = integers && !labels.some((label) => known.has(label));
  const resolved = named === undefined ? Array.from({ length: logits }, (_, index) => `${index}`) : [...named];

  const indexOf = new Map(resolved.map((name, index) => [name, index]));
  const indices = labels.map((label) => (byIndex ? Number(label) : (indexOf.get(label) ?? -1)));
  const outside = [...labels.keys()].filter((row) => indices[row] < 0 || indices[row] >= resolved.length);
  if (outside.length > 0) {
    const first = labels[outside[0]];
    throw new InputError(
      `${count(outside.length, 'label is', 'labels are')} outside the classes:\n${listing(outside, (row) => `${place(row)}: ${quote(labels[row])}`)}`,
      byIndex
        ? `Labels that are integers are class indices from 0 to ${resolved.length - 1}.`
        : `The classes are ${names(resolved)}: mend the labels or data.classes.${didYouMean(first, resolved)}`,
    );
  }
  return { classes: resolved, indices };
}

/**
 * @param origin where the classes come from, as the start of a sentence: 'The data folder'
 * @throws InputError naming both numbers when the data set has more or fewer classes than the model has logits
 */
export function requireClassCount(classes: readonly string[], logits: number, origin: string): void {
  if (classes.length === logits) return;
  throw new InputError(
    `${origin} has ${count(classes.length, 'class', 'classes')} (${names(classes)}), and the model has ${count(logits, 'logit')}.`,
    `Set data.classes to the ${count(logits, 'class name')} in the order of the model's logits, or use the model that belongs to this data.`,
  );
}

/** @throws InputError when a class is named twice */
export function requireDistinct(classes: readonly string[]): void {
  const repeated = classes.filter((name, index) => classes.indexOf(name) < index);
  if (repeated.length > 0) {
    throw new InputError(
      `data.classes names ${names([...new Set(repeated)])} more than once.`,
      'Name every class once.',
    );
  }
}
