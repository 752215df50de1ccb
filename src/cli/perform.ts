/** Carries out a run, or a part of one, in a terminal: progress while it works, how to go on after Ctrl-C, its last words and exit code. */
import { performance } from 'node:perf_hooks';
import type { AuditHooks } from '../audit.ts';
import { progress } from './progress.ts';
import { printable } from './terminal.ts';

/** What a command ends with. */
export interface End {
  /** For stdout. */
  text: string;
  exitCode: number;
}

const interrupted = 130;
/** A stopped run closes its journal and its workers; one that does not is left to the system, since a journal may be torn. */
const patience = 5000;

/** Ends at once, by the signal itself: process.exit would tear workers down inside the runtime, which crashes. A shell sees 130. */
function dieOfInterrupt(): void {
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
}

/**
 * @param again the command that takes this work up again, as its user would type it
 * @returns the exit code: the work's own, or 130 when it was interrupted
 */
export async function perform(
  again: string,
  work: (hooks: Pick<AuditHooks, 'onEvent' | 'signal'>) => Promise<End>,
): Promise<number> {
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
    const { text, exitCode } = await work({ onEvent: (event) => shown.onEvent(event), signal: controller.signal });
    shown.end();
    process.stdout.write(text);
    return exitCode;
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
