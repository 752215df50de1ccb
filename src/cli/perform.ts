/** Carries out a run, or a part of one, in a terminal: progress while it works, how to go on after Ctrl-C, its last words and exit code. */
import { performance } from 'node:perf_hooks';
import type { RunEvent } from '../audit-events.ts';
import { shellWord } from '../config/shell-word.ts';
import { progress, type Screen } from './progress.ts';
import { printable } from './terminal.ts';

/** What a command ends with. */
export interface End {
  /** For stdout. */
  text: string;
  exitCode: number;
}

const interrupted = 130;
/** A stopped run closes its journal and its workers; one that does not is left to the system, since a journal may be torn. */
const usualPatience = 5000;

/** Ends at once, by the signal itself: process.exit would tear workers down inside the runtime, which crashes. A shell sees 130. */
function dieOfInterrupt(): void {
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
}

/** The command that is running, with --resume. */
export function resumeCommand(): string {
  const typed = process.argv.slice(2).filter((word) => word !== '--resume' && word !== '--overwrite');
  return ['proofhouse', ...typed, '--resume'].map(shellWord).join(' ');
}

/** Shows events as they come. */
export interface Display<Event> {
  onEvent(event: Event): void;
  /** Leaves the terminal on a fresh line. */
  end(): void;
}

export type Work<Event> = (hooks: { onEvent: (event: Event) => void; signal: AbortSignal }) => Promise<End>;

/**
 * @param again the command that takes this work up again, as its user would type it
 * @returns the exit code: the work's own, or 130 when it was interrupted
 */
export const perform = (again: string, work: Work<RunEvent>): Promise<number> =>
  performShowing(progress, again, work, usualPatience);

/**
 * As `perform`, for work with events of its own.
 *
 * @param show makes the display, given a clock in milliseconds
 * @param patience milliseconds that the work has to stop by itself
 */
export async function performShowing<Event>(
  show: (screen: Screen, now: () => number) => Display<Event>,
  again: string,
  work: Work<Event>,
  patience: number,
): Promise<number> {
  const controller = new AbortController();
  const shown = show(
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
