/** Reports of a finished run, rendered from its record and images alone. */
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { check, configError } from '../config/problems.ts';
import { suggest } from '../config/suggest.ts';
import { InputError } from '../errors.ts';
import type { GalleryItem, RunRecord } from '../plugin/record.ts';
import type { Plugins } from '../plugins.ts';
import { files, writeAtomically } from './folder.ts';
import { readDocument } from './read.ts';

/**
 * @param names of the reports; absent: those of the run, with its options
 * @returns the names of the files that were written
 * @throws InputError when the folder holds no finished run, a picture is gone, or there is no such report
 */
export async function renderAgain(
  folder: string,
  { names, output, plugins }: { names?: readonly string[] | undefined; output: string; plugins: Plugins },
): Promise<string[]> {
  const record = await readDocument<RunRecord>(folder, files.results, 'results');
  const ofRun = usesOf(record);
  const wanted = names?.map((name) => ofRun.find((use) => use.report === name) ?? { report: name, options: {} });
  const images = await readImages(folder, record);
  const rendered: [string, string][] = [];
  for (const { report: name, options } of wanted ?? ofRun) {
    const known = plugins.names('reports');
    if (!known.includes(name))
      throw new InputError(
        `There is no report ${JSON.stringify(name)}.${suggest(name, known)}`,
        'A report of your own is named with --plugin.',
      );
    const report = await plugins.report(name);
    const parsed = check(report.options, options, ['reports', name, 'options']);
    if ('problems' in parsed) throw configError(parsed.problems, () => files.results);
    rendered.push([report.file, report.render({ record, images }, parsed.value)]);
  }
  await mkdir(output, { recursive: true });
  for (const [file, text] of rendered) await writeAtomically(join(output, file), text);
  return rendered.map(([file]) => file);
}

interface ReportUse {
  report: string;
  options: unknown;
}

/** The config stands in the record as written by its run; what is not a report's name and options there is passed over. */
function usesOf({ config }: RunRecord): ReportUse[] {
  const { reports } = config;
  if (!Array.isArray(reports)) return [];
  return reports.filter(
    (use: unknown): use is ReportUse =>
      typeof use === 'object' && use !== null && 'report' in use && typeof use.report === 'string',
  );
}

const picturesOf = ({ clean, adversarial, difference, sight }: GalleryItem): string[] => [
  ...[clean, adversarial, difference].map(({ image }) => image),
  ...(sight ? Object.values(sight.saliency) : []),
  ...(sight?.layers.flatMap((layer) => [layer.clean, layer.adversarial]) ?? []),
];

/** The pictures of a run's gallery, by name. @throws InputError for one that is gone */
export async function readImages(folder: string, { gallery }: RunRecord): Promise<Map<string, Uint8Array>> {
  const images = new Map<string, Uint8Array>();
  for (const name of new Set(gallery.items.flatMap(picturesOf))) {
    const path = `${files.images}/${name}`;
    if (!/^[0-9a-f]+\.png$/.test(name))
      throw new InputError(`${files.results} names a picture ${JSON.stringify(name)}, which no run writes.`);
    try {
      images.set(name, await readFile(join(folder, path)));
    } catch (error) {
      throw new InputError(
        `${basename(folder)} has lost its picture ${path}.`,
        'Run the audit again with --resume: nothing is attacked again.',
        { cause: error },
      );
    }
  }
  return images;
}
