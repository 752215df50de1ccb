/** Carries out a resolved run in a terminal: progress while it works, the summary after it, and the exit code. */
import { join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { ResolvedRun } from '../config/resolved.ts';
import { progress } from './progress.ts';
import { summary } from './summary.ts';
import { printable } from './terminal.ts';

const interrupted = 130;
/** A stopped run closes its journal and its workers; one that does not is left to the system, since a journal may be torn. */
const patience = 5000;

/** The page a person opens: the HTML report where the run writes one, else its first report, else the record itself. */
async function mainReport(run: ResolvedRun): Promise<string> {
  const { loadPlugins } = await import('../plugins.ts');
  const plugins = await loadPlugins(run.pluginFiles, '/');
  const name = run.reports.find((report) => report.name === 'html')?.name ?? run.reports.at(0)?.name;
  return name === undefined ? 'results.json' : (await plugins.report(name)).file;
}

/** Ends at once, by the signal itself: process.exit would tear workers down inside the runtime, which crashes. A shell sees 130. */
function dieOfInterrupt(): void {
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
}

/**
 * @param again the command that resumes this run, as its user would type it
 * @returns the exit code: the gates' verdict, or 130 when it was interrupted
 */
export async function perform(
  run: ResolvedRun,
  { resume = false, overwrite = false, again }: { resume?: boolean; overwrite?: boolean; again: string },
): Promise<number> {
  const [{ audit }, { exitCode }] = await Promise.all([import('../audit.ts'), import('../gate/index.ts')]);
  const report = await mainReport(run);
  const controller = new AbortController();
  const shown = progress(
    {
      write: (text) => process.stderr.write(text),
      isTTY: process.stderr.isTTY,
      // Some pseudo-terminals say 0.
      columns: process.stderr.columns || 80,
    },
    () => performance.now(),
  );
  const sayHowToResume = () => {
    shown.end();
    process.stderr.write(`\nInterrupted. What is done is kept; to go on:\n  ${printable(again)}\n`);
  };
  const stop = () => {
    if (controller.signal.aborted) dieOfInterrupt();
    controller.abort();
    setTimeout(() => {
      sayHowToResume();
      dieOfInterrupt();
    }, patience).unref();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    const { record, folder } = await audit(run, {
      onEvent: (event) => shown.onEvent(event),
      resume,
      overwrite,
      signal: controller.signal,
    });
    shown.end();
    const path = relative(process.cwd(), join(folder, report));
    process.stdout.write(summary(record, path));
    return exitCode(record.verdict.status);
  } catch (error) {
    shown.end();
    if (!controller.signal.aborted) throw error;
    sayHowToResume();
    return interrupted;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
