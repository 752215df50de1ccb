/** Which column of an unknown CSV file is the path, the label, the id, and which are subgroups: by their values first, then by their names. */
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import type { Table } from './csv.ts';
import { count, names } from './text.ts';

export interface ManifestColumns {
  path: string;
  label: string;
  id?: string;
  /** With 2 to 20 different values each. */
  groups: string[];
  /** Neither of these: constant, or too many values to be subgroups. */
  others: string[];
}

const MOST_GROUPS = 20;
const IMAGE_NAME = /\.(png|jpe?g|webp)$/i;
const PATH_NAME = /path|file|image|img/i;
const LABEL_NAME = /^(label|class|target|y|category)(_?name|_?id)?$/i;
const ID_NAME = /^(.*[_ ])?(id|uuid|key)$/i;

/**
 * The path column is one in which most values end like an image file; the label one that is called so, or else the one with the fewest
 * values; the id one that is called so and has no value twice.
 *
 * @returns the columns, and notes on what was guessed
 * @throws InputError when no column can be the path or the label
 */
export function guessColumns(table: Table): { columns: ManifestColumns; notes: string[] } {
  const columns = table.header
    .map((name, index) => {
      const values = table.rows.map((row) => row[index]).filter((value) => value.trim() !== '');
      return { name, values, distinct: new Set(values).size };
    })
    .filter(({ name }) => name.trim() !== '');

  const paths = columns.filter(holdsImageNames);
  const path = paths.find(({ name }) => PATH_NAME.test(name)) ?? paths[0];
  if (path === undefined) {
    throw new InputError(
      `No column of the CSV file ${table.name} holds names of PNG, JPEG or WebP images. Its columns: ${names(table.header)}.`,
      'Add a column with the path of each image, relative to the CSV file.',
    );
  }

  const rest = columns.filter((column) => column !== path);
  const fewest = rest.filter(({ distinct }) => distinct > 1).toSorted((a, b) => a.distinct - b.distinct);
  const label = rest.find(({ name }) => LABEL_NAME.test(name)) ?? fewest[0];
  if (label === undefined) {
    throw new InputError(
      `No column of the CSV file ${table.name} can be the label. Its columns: ${names(table.header)}.`,
      'Add a column with the class of each image.',
    );
  }
  const notes: string[] = [];
  if (!LABEL_NAME.test(label.name)) {
    notes.push(`No column is called label or class; ${quote(label.name)} was taken for it.`);
  }
  if (paths.length > 1) {
    notes.push(`${count(paths.length, 'column')} hold names of images; ${quote(path.name)} was taken.`);
  }

  const id = rest.find(
    ({ name, distinct }) => name !== label.name && ID_NAME.test(name) && distinct === table.rows.length,
  );
  const candidates = rest.filter((column) => column !== label && column !== id);
  return {
    columns: {
      path: path.name,
      label: label.name,
      ...(id === undefined ? {} : { id: id.name }),
      groups: candidates.filter(isGroup).map(({ name }) => name),
      others: candidates.filter((column) => !isGroup(column)).map(({ name }) => name),
    },
    notes,
  };
}

function holdsImageNames({ values }: { values: readonly string[] }): boolean {
  return values.filter((value) => IMAGE_NAME.test(value)).length > values.length / 2;
}

function isGroup({ distinct }: { distinct: number }): boolean {
  return distinct > 1 && distinct <= MOST_GROUPS;
}
