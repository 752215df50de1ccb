/** A CSV manifest as a data set: one row an image, with its path, its label and any number of subgroup columns. */
import { realpathSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import type { DataPlan } from '../config/plan.ts';
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import { requireClassCount, resolveLabels } from './classes.ts';
import { columnIndex, readTable, type Table } from './csv.ts';
import type { Dataset } from './dataset.ts';
import { ImageError, listBadImages } from './image-error.ts';
import { locate } from './inside.ts';
import { selectExamples } from './select.ts';
import { count, listing, names, unreadable } from './text.ts';

type Listed = Pick<Dataset, 'classes' | 'groupColumns' | 'examples'> & { notes: string[] };

/**
 * Cells are taken verbatim; a cell of blanks is unknown in a subgroup column and refused in the others. Ids come from `columns.id`, or a
 * column named `id`, or are the paths without needless './' and '//'.
 *
 * @throws InputError for a manifest that cannot be read or used, listing every bad row of a kind
 */
export async function listManifest(manifest: string, plan: DataPlan, logits: number): Promise<Listed> {
  const table = await readTable(manifest);
  const columns = {
    path: columnIndex(table, plan.columns.path, 'data.columns.path'),
    label: columnIndex(table, plan.columns.label, 'data.columns.label'),
    id: idColumn(table, plan.columns.id),
  };
  requireFilled(table, columns.path);
  requireFilled(table, columns.label);
  if (columns.id >= 0) requireFilled(table, columns.id);
  const { groups, notes } = groupColumns(table, plan.columns.groups, Object.values(columns));

  const place = (row: number) => `line ${table.lineOf(row)}`;
  const { classes, indices } = resolveLabels(
    table.rows.map((cells) => cells[columns.label]),
    plan.classes,
    logits,
    place,
  );
  requireClassCount(classes, logits, plan.classes === undefined ? `The CSV file ${table.name}` : 'data.classes');

  const rows = table.rows.map((cells, row) => ({
    row,
    id: columns.id >= 0 ? cells[columns.id] : posix.normalize(cells[columns.path]),
    path: cells[columns.path],
    label: indices[row],
    groups: Object.fromEntries(
      groups.map((column) => [table.header[column], cells[column]]).filter(([, value]) => value.trim() !== ''),
    ),
  }));
  const selected = selectExamples(rows, plan.limit, ({ row }) => place(row));

  const root = realRoot(plan.root ?? dirname(manifest));
  const errors: ImageError[] = [];
  const examples: Dataset['examples'] = [];
  for (const { id, label, groups: values, path } of selected) {
    try {
      examples.push({ id, label, groups: values, file: locate(root, path) });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw listBadImages(errors);
  return { classes, groupColumns: groups.map((column) => table.header[column]), examples, notes };
}

/** The index of the id column; −1 where ids are paths. */
function idColumn(table: Table, name: string | undefined): number {
  return name === undefined ? table.header.indexOf('id') : columnIndex(table, name, 'data.columns.id');
}

function groupColumns(
  table: Table,
  wanted: readonly string[] | 'auto',
  taken: readonly number[],
): { groups: number[]; notes: string[] } {
  const unnamed = [...table.header.keys()].filter((column) => table.header[column].trim() === '');
  const groups =
    wanted === 'auto'
      ? [...table.header.keys()].filter((column) => !taken.includes(column) && !unnamed.includes(column))
      : [...new Set(wanted)].map((name) => columnIndex(table, name, 'data.columns.groups'));
  // Such a name would be found on every object, whether or not the row has a value.
  const inherited = groups.map((column) => table.header[column]).filter((name) => name in {});
  if (inherited.length > 0) {
    throw new InputError(
      `The CSV file ${table.name} has subgroup columns with reserved names: ${names(inherited)}.`,
      'Rename them in the first line.',
    );
  }
  const notes =
    unnamed.length > 0 ? [`${count(unnamed.length, 'column')} of ${table.name} without a name ignored.`] : [];
  return { groups, notes };
}

function requireFilled(table: Table, column: number): void {
  const blank = [...table.rows.keys()].filter((row) => table.rows[row][column].trim() === '');
  if (blank.length === 0) return;
  throw new InputError(
    `The column ${quote(table.header[column])} of ${table.name} is blank in ${count(blank.length, 'row')}:\n${listing(blank, (row) => `line ${table.lineOf(row)}`)}`,
    'Every image needs a path, a label and, where there is an id column, an id: fill the cells or remove the rows.',
  );
}

export function realRoot(root: string): string {
  try {
    return realpathSync.native(root);
  } catch (cause) {
    throw new InputError(`The image folder ${quote(root)} ${unreadable(cause)}.`, 'Check data.root.', { cause });
  }
}
