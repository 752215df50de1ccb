/** Paths of a config: made absolute to be read, and made machine-independent to be shown. */
import { readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { didYouMean } from './suggest.ts';

/** Relative to the project, with `/`; only the name where it lies outside. What may stand in a record that others read. */
export function projectPath(base: string, absolute: string): string {
  if (!isInside(base, absolute)) return basename(absolute);
  return relative(base, absolute).split(sep).join('/') || '.';
}

/** Whether an absolute path is a folder or lies in it. */
export const isInside = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};

function nearestFile(absolute: string): string {
  try {
    return didYouMean(basename(absolute), readdirSync(dirname(absolute)));
  } catch {
    return '';
  }
}

/** 'ENOENT', 'EACCES' …, or the error's own words where the system gave no code. */
export function systemErrorCode(error: unknown): string {
  if (error instanceof Error) return 'code' in error ? String(error.code) : error.message;
  return String(error);
}

/**
 * What stands at a path, or one sentence saying that nothing does.
 * @param written the path as its writer knows it
 */
export function find(base: string, written: string): { path: string; stats: Stats } | { problem: string } {
  const path = resolve(base, written);
  try {
    return { path, stats: statSync(path) };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return { problem: `${written} cannot be read (${code}).` };
    return { problem: `there is no file or folder ${written}.${nearestFile(path)}` };
  }
}
