/** How a run that was judged ends: its summary, the path of its report, and the gates' exit code. */
import { join, relative } from 'node:path';
import type { ResolvedRun } from '../config/resolved.ts';
import { exitCode } from '../gate/index.ts';
import type { RunRecord } from '../plugin/record.ts';
import { loadPlugins } from '../plugins.ts';
import { tellGitHub } from './github-actions.ts';
import type { End } from './perform.ts';
import { summary } from './summary.ts';

/** The page a person opens: the HTML report where the run writes one, else its first report, else the record itself. */
async function mainReport(run: ResolvedRun): Promise<string> {
  const plugins = await loadPlugins(run.pluginFiles, '/');
  const name = run.reports.find((report) => report.name === 'html')?.name ?? run.reports.at(0)?.name;
  return name === undefined ? 'results.json' : (await plugins.report(name)).file;
}

/** @param base absolute folder of the config */
export async function judged(
  run: ResolvedRun,
  { record, folder }: { record: RunRecord; folder: string },
  base: string,
): Promise<End> {
  const report = relative(process.cwd(), join(folder, await mainReport(run)));
  const annotated = await tellGitHub(record, { report, base });
  return { text: annotated + summary(record, report), exitCode: exitCode(record.verdict.status) };
}
