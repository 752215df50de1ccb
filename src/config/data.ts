/** `data:` of a config, with its defaults filled in. */
import { find } from './paths.ts';
import type { DataPlan } from './plan.ts';
import type { Problem } from './problems.ts';
import type { RawConfig, RawData } from './schema.ts';

const manifestKeys = ['path', 'label', 'id', 'groups', 'root'] as const;

/** Which of folder and manifest the data are, and where: from the keys, or for a bare path from what lies there. */
function resolveSource(
  raw: RawConfig['data'],
  base: string,
  problems: Problem[],
): Pick<DataPlan, 'folder' | 'manifest'> {
  const given = typeof raw === 'string' ? undefined : raw;
  const written = typeof raw === 'string' ? raw : (raw.folder ?? raw.manifest);
  if (written === undefined || (given?.folder !== undefined && given.manifest !== undefined)) {
    problems.push({
      path: ['data'],
      message: `expected either folder (one folder per class) or manifest (a CSV file); got ${written === undefined ? 'neither' : 'both'}.`,
    });
    return {};
  }
  const at = given === undefined ? ['data'] : ['data', given.folder === undefined ? 'manifest' : 'folder'];
  const found = find(base, written);
  if ('problem' in found) {
    problems.push({ path: at, message: found.problem });
    return {};
  }
  const isFolder = found.stats.isDirectory();
  if (given?.folder !== undefined && !isFolder)
    problems.push({ path: at, message: `expected a folder; ${written} is a file. A CSV file is given as manifest.` });
  if (given?.manifest !== undefined && isFolder)
    problems.push({ path: at, message: `expected a CSV file; ${written} is a folder. A folder is given as folder.` });
  return isFolder ? { folder: found.path } : { manifest: found.path };
}

export function resolveData(raw: RawConfig['data'], base: string, problems: Problem[]): DataPlan {
  const source = resolveSource(raw, base, problems);
  const data: RawData = typeof raw === 'string' ? {} : raw;
  if (source.folder !== undefined)
    for (const key of manifestKeys)
      if (data[key] !== undefined)
        problems.push({
          path: ['data', key],
          message: 'belongs to a CSV manifest; a folder has no such thing.',
          part: 'key',
        });

  for (const key of ['classes', 'groups'] as const) {
    const names = data[key];
    if (!Array.isArray(names)) continue;
    const repeated = names.findIndex((name, index) => names.indexOf(name) !== index);
    if (repeated >= 0)
      problems.push({ path: ['data', key, repeated], message: `${JSON.stringify(names[repeated])} is listed twice.` });
  }

  let root: string | undefined;
  if (data.root !== undefined) {
    const found = find(base, data.root);
    if ('problem' in found) problems.push({ path: ['data', 'root'], message: found.problem });
    else if (!found.stats.isDirectory())
      problems.push({ path: ['data', 'root'], message: `expected a folder; ${data.root} is a file.` });
    else root = found.path;
  }

  return {
    ...source,
    columns: {
      path: data.path ?? 'path',
      label: data.label ?? 'label',
      ...(data.id === undefined ? {} : { id: data.id }),
      groups: data.groups ?? 'auto',
    },
    ...(root === undefined ? {} : { root }),
    ...(data.classes === undefined ? {} : { classes: data.classes }),
    ...(data.limit === undefined ? {} : { limit: data.limit }),
    resize: data.resize ?? 'error',
    ...(data.size === undefined ? {} : { size: data.size }),
  };
}
