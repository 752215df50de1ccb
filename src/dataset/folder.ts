/** A folder with one folder per class as a data set; images may lie in folders further down. */
import { type Dirent, realpathSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { DataPlan } from '../config/plan.ts';
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import { requireClassCount } from './classes.ts';
import type { Dataset } from './dataset.ts';
import { ImageError, listBadImages } from './image-error.ts';
import { locate } from './inside.ts';
import { selectExamples } from './select.ts';
import { byCodeUnits, count, didYouMean, listing, names, unreadable } from './text.ts';

const EXTENSIONS = new Set(['.png', '.jpg', '.jpeg', '.webp']);

export interface ImageFolder {
  /** Real path. */
  root: string;
  /** Names of the class folders, sorted by code units. */
  classes: string[];
  /** `path` is relative to `root`, with '/' between its parts. */
  images: { path: string; className: string }[];
  /** Files of other types, by extension. */
  ignored: Map<string, number>;
}

/**
 * Walks a data folder. Names that begin with a dot are skipped; files of other types are counted; links to folders are refused, because they
 * can lead round in circles.
 *
 * @throws InputError when it is no folder or holds no class folders, or listing the links that lead out of it or to a folder
 */
export async function walkImageFolder(folder: string): Promise<ImageFolder> {
  const root = await realFolder(folder);
  const found: ImageFolder = { root, classes: [], images: [], ignored: new Map() };
  const errors: ImageError[] = [];

  const visit = async (parts: string[]): Promise<void> => {
    for (const entry of await entriesOf(join(root, ...parts))) {
      const path = [...parts, entry.name];
      const extension = extname(entry.name).toLowerCase();
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) {
        if (parts.length === 0) found.classes.push(entry.name);
        await visit(path);
      } else if (entry.isSymbolicLink() && (await stat(join(root, ...path)).catch(() => undefined))?.isDirectory()) {
        errors.push(
          new ImageError(
            join(root, ...path),
            'is a link to a folder',
            'Put the folder itself, or links to its files, there.',
          ),
        );
      } else if (parts.length > 0 && EXTENSIONS.has(extension) && (entry.isFile() || entry.isSymbolicLink())) {
        try {
          if (entry.isSymbolicLink()) locate(root, join(...path));
          found.images.push({ path: path.join('/'), className: path[0] });
        } catch (error) {
          if (!(error instanceof ImageError)) throw error;
          errors.push(error);
        }
      } else {
        found.ignored.set(extension, (found.ignored.get(extension) ?? 0) + 1);
      }
    }
  };
  await visit([]);

  if (errors.length > 0) throw listBadImages(errors);
  if (found.classes.length === 0) {
    throw new InputError(
      `The data folder ${quote(folder)} has no class folders.`,
      'Put the images of each class in a folder named for the class, or give a CSV manifest with data.manifest.',
    );
  }
  found.classes.sort(byCodeUnits);
  return found;
}

/** 'Files that are not PNG, JPEG or WebP were ignored: 3 (".gif" 2, ".txt" 1).', or nothing where there are none. */
export function ignoredNotes({ ignored }: ImageFolder): string[] {
  if (ignored.size === 0) return [];
  const kinds = [...ignored].toSorted(([a], [b]) => byCodeUnits(a, b));
  const total = kinds.reduce((sum, [, files]) => sum + files, 0);
  const words = kinds.map(([extension, files]) => `${extension === '' ? 'no extension' : quote(extension)} ${files}`);
  return [
    `Files that are not PNG, JPEG or WebP images in a class folder were ignored: ${total} (${words.join(', ')}).`,
  ];
}

/**
 * The folder's images as examples: id is the path inside the folder, label the class folder's index in `plan.classes` or else among the
 * sorted folder names. No subgroups.
 *
 * @throws InputError as `walkImageFolder`, and when the folders do not fit the classes or hold no images
 */
export async function listFolder(
  folder: string,
  plan: DataPlan,
  logits: number,
): Promise<Pick<Dataset, 'classes' | 'groupColumns' | 'examples'> & { notes: string[] }> {
  const found = await walkImageFolder(folder);
  const notes = ignoredNotes(found);
  const classes = plan.classes ?? found.classes;
  requireClassCount(classes, logits, plan.classes === undefined ? `The data folder ${quote(folder)}` : 'data.classes');
  if (plan.classes === undefined) requireOneOrder(found.classes);
  const strangers = found.classes.filter((name) => !classes.includes(name));
  if (strangers.length > 0) {
    throw new InputError(
      `The data folder ${quote(folder)} has ${count(strangers.length, 'folder that is no class', 'folders that are no class')}:\n${listing(strangers, quote)}`,
      `The classes are ${names(classes)}: rename or move the folders, or mend data.classes.${didYouMean(strangers[0], classes)}`,
    );
  }
  if (found.images.length === 0) {
    throw new InputError(
      [`The data folder ${quote(folder)} has class folders but no PNG, JPEG or WebP images in them.`, ...notes].join(
        ' ',
      ),
      'Put the images of each class in its folder.',
    );
  }
  const rows = found.images.map(({ path, className }) => ({
    id: path,
    label: classes.indexOf(className),
    groups: {},
    file: join(found.root, path),
  }));
  return {
    classes: [...classes],
    groupColumns: [],
    examples: selectExamples(rows, plan.limit, ({ file }) => quote(file)),
    notes,
  };
}

/** Folders '0' … '10' have two natural orders, and a wrong one would mislabel everything in silence. */
function requireOneOrder(classes: readonly string[]): void {
  if (!classes.every((name) => /^\d+$/.test(name))) return;
  const numeric = classes.toSorted((a, b) => Number(a) - Number(b));
  if (numeric.every((name, index) => name === classes[index])) return;
  throw new InputError(
    `The class folders are numbers whose order is not clear: ${names(classes)} as text, ${names(numeric)} as numbers.`,
    "Set data.classes to the folder names in the order of the model's logits (torchvision's ImageFolder sorts them as text).",
  );
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw new InputError(`The folder ${quote(folder)} ${unreadable(cause)}.`, 'Make it readable, or move it away.', {
      cause,
    });
  }
}

async function realFolder(folder: string): Promise<string> {
  try {
    if ((await stat(folder)).isDirectory()) return realpathSync.native(folder);
  } catch (cause) {
    throw new InputError(`The data folder ${quote(folder)} ${unreadable(cause)}.`, 'Check data.folder.', { cause });
  }
  throw new InputError(
    `The data folder ${quote(folder)} is a file.`,
    extname(folder).toLowerCase() === '.csv'
      ? 'Name a CSV manifest with data.manifest.'
      : 'Name a folder with one folder per class, or a CSV manifest with data.manifest.',
  );
}
