/** How many classes a data set has and how large its images are, for a network that is yet to be built. */
import { dirname } from 'node:path';
import type { DataPlan } from '../config/plan.ts';
import { columnIndex, readTable } from '../dataset/csv.ts';
import { describeData } from '../dataset/describe.ts';
import { readHeader } from '../dataset/image.ts';
import { locate } from '../dataset/inside.ts';
import { realRoot } from '../dataset/manifest.ts';
import { InputError } from '../errors.ts';

/** @throws InputError where the data cannot be read */
export async function dataShape(data: DataPlan): Promise<{ classes: number; height: number; width: number }> {
  if (data.folder !== undefined) {
    const { classes, sizes } = await describeData(data.folder);
    const [height, width] = data.size ?? [sizes[0]?.height ?? 0, sizes[0]?.width ?? 0];
    return { classes: data.classes?.length ?? classes.length, height, width };
  }
  const manifest = data.manifest ?? '';
  const table = await readTable(manifest);
  const column = columnIndex(table, data.columns.label, 'data.columns.label');
  const labels = new Set(table.rows.map((row) => row[column]));
  const indices = [...labels].every((label) => /^\d+$/.test(label));
  const classes = indices ? [...labels].reduce((most, label) => Math.max(most, Number(label) + 1), 0) : labels.size;
  if (classes > table.rows.length)
    throw new InputError(
      `The labels of ${table.name} are integers up to ${classes - 1}, and there are ${table.rows.length} images.`,
      'Integer labels are class indices from 0. Name the classes in data.classes where they are something else.',
    );
  if (data.size !== undefined)
    return { classes: data.classes?.length ?? classes, height: data.size[0], width: data.size[1] };
  const path = table.rows[0][columnIndex(table, data.columns.path, 'data.columns.path')];
  const { height, width } = await readHeader(locate(realRoot(data.root ?? dirname(manifest)), path));
  return { classes: data.classes?.length ?? classes, height, width };
}
