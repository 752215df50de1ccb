/** Keeps reading inside the data folder: a manifest comes from anywhere, and must not be able to name /etc/passwd. */
import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { ImageError } from './image-error.ts';
import { unreadable } from './text.ts';

const MEND = 'Paths must be relative to data.root and stay inside it: set data.root to a folder that holds all images.';

/** What is wrong with a relative path as it is written, as the end of a sentence; undefined where nothing is. */
export function escapes(path: string): string | undefined {
  if (path.includes('\0')) return 'contains a NUL character';
  if (isAbsolute(path)) return 'is an absolute path';
  if (path.split(/[\\/]/).includes('..')) return 'contains ".."';
  return undefined;
}

/**
 * The absolute path of a file under `root`.
 *
 * @param root absolute, without symbolic links (a real path)
 * @throws ImageError when the path is absolute or contains "..", when nothing is there, or when a symbolic link leads out of `root`
 */
export function locate(root: string, path: string): string {
  const problem = escapes(path);
  if (problem !== undefined) throw new ImageError(path, `${problem}: it may lead out of the data folder`, MEND);
  const file = join(root, path);
  let real: string;
  try {
    real = realpathSync.native(file);
  } catch (cause) {
    throw new ImageError(
      file,
      unreadable(cause),
      'Paths are relative to data.root (by default the folder of the manifest).',
      { cause },
    );
  }
  const within = relative(root, real);
  if (within === '..' || within.startsWith(`..${sep}`) || isAbsolute(within)) {
    throw new ImageError(file, 'is a symbolic link that leads out of the data folder', MEND);
  }
  return file;
}
