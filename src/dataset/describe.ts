/** Looks at a folder or a CSV file that nobody has described yet and says what it seems to be: what `proofhouse init` fills a config with. */
import { realpath, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import { readTable } from './csv.ts';
import { ignoredNotes, walkImageFolder } from './folder.ts';
import { guessColumns, type ManifestColumns } from './guess-columns.ts';
import { readHeader } from './image.ts';
import { ImageError } from './image-error.ts';
import { locate } from './inside.ts';
import { byCodeUnits, unreadable } from './text.ts';

export interface DataDescription {
  kind: 'folder' | 'manifest';
  /** Class names, sorted by code units; for integer labels the integers that occur, in their order. */
  classes: string[];
  /** Whether every label of a manifest is an integer, and so a class index. */
  integerLabels: boolean;
  examples: number;
  /** Examples of each class, by its index in `classes`. */
  perClass: number[];
  /** A manifest's columns, by what they seem to be. */
  columns?: ManifestColumns;
  /** Sizes of those of the first 50 images that can be read, as seen (after the EXIF orientation), the most frequent first. */
  sizes: { width: number; height: number; channels: number; images: number }[];
  /** What a person should check. */
  notes: string[];
}

const SAMPLED = 50;

/**
 * @param path a folder with one folder per class, or a CSV file
 * @throws InputError when it is neither, or when no column of the CSV file holds the names of images or their labels
 */
export async function describeData(path: string): Promise<DataDescription> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw new InputError(`The data ${quote(path)} ${unreadable(cause)}.`, 'Check the path.', { cause });
  });
  return facts.isDirectory() ? describeFolder(path) : describeManifest(path);
}

async function describeFolder(path: string): Promise<DataDescription> {
  const found = await walkImageFolder(path);
  const files = found.images.map((image) => image.path).toSorted(byCodeUnits);
  return {
    kind: 'folder',
    ...tally(
      found.images.map(({ className }) => className),
      found.classes,
    ),
    integerLabels: false,
    sizes: await sampleSizes(found.root, files),
    notes: ignoredNotes(found),
  };
}

async function describeManifest(path: string): Promise<DataDescription> {
  if (extname(path).toLowerCase() !== '.csv') {
    throw new InputError(
      `The data ${quote(path)} is neither a folder nor a .csv file.`,
      'Name a folder with one folder per class, or a CSV file.',
    );
  }
  const table = await readTable(path);
  const { columns, notes } = guessColumns(table);
  const cells = (name: string) => table.rows.map((row) => row[table.header.indexOf(name)]);

  const labels = cells(columns.label);
  const integerLabels = labels.every((label) => /^[+-]?\d+$/.test(label));
  const distinct = [...new Set(labels)];
  const classes = integerLabels ? distinct.toSorted((a, b) => Number(a) - Number(b)) : distinct.toSorted(byCodeUnits);
  return {
    kind: 'manifest',
    ...tally(labels, classes),
    integerLabels,
    columns,
    sizes: await sampleSizes(await realpath(dirname(path)), cells(columns.path)),
    notes,
  };
}

function tally(
  labels: readonly string[],
  classes: string[],
): Pick<DataDescription, 'classes' | 'examples' | 'perClass'> {
  const images = new Map<string, number>();
  for (const label of labels) images.set(label, (images.get(label) ?? 0) + 1);
  return { classes, examples: labels.length, perClass: classes.map((name) => images.get(name) ?? 0) };
}

async function sampleSizes(root: string, paths: readonly string[]): Promise<DataDescription['sizes']> {
  const sizes = new Map<string, DataDescription['sizes'][number]>();
  for (const path of paths.slice(0, SAMPLED)) {
    try {
      const { width, height, channels } = await readHeader(locate(root, path));
      const key = `${width}×${height}×${channels}`;
      sizes.set(key, { width, height, channels, images: (sizes.get(key)?.images ?? 0) + 1 });
    } catch (error) {
      // `run` refuses bad images with their names; here they only say nothing about sizes.
      if (!(error instanceof ImageError)) throw error;
    }
  }
  return [...sizes.values()].toSorted((a, b) => b.images - a.images);
}
