/**
 * The lines by which a step tells GitHub Actions something. Text from models and data is kept from being such a line by `printable`.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
import { randomUUID } from 'node:crypto';
import type { GateResult } from '../plugin/record.ts';
import { printable } from './terminal.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** GitHub shows ten annotations of a kind for a step and drops the others without a word: nine, and one that says how many more. */
const mostAnnotations = 9;

/** The message of a workflow command: it ends with its line. */
export const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

/** A property of a workflow command: it also ends at a comma, and the last at a colon. */
export const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

function annotation(kind: 'error' | 'warning', gate: GateResult, pathOf: (file: string) => string): string {
  const { source, rule, model, why, fix } = gate;
  const properties: Record<string, string | number> = {
    ...(source && { file: pathOf(source.file), line: source.line, col: source.column }),
    title: `${gate.verdict}: ${rule} (${model})`,
  };
  const written = Object.entries(properties).map(
    ([name, value]) => `${name}=${escapeProperty(printable(String(value)))}`,
  );
  return `::${kind} ${written.join(',')}::${escapeData(printable(fix === undefined ? why : `${why} ${fix}`))}`;
}

/** An error of the step itself, whose message may have several lines. */
export const stepError = (message: string): string => `::error title=Proofhouse::${escapeData(message)}`;

/**
 * Workflow commands, one a line: errors for gates that block, warnings for those that warn.
 *
 * @param pathOf a config file's path within the repository, from the name that a gate's source gives it
 */
export function annotations(gates: readonly GateResult[], pathOf: (file: string) => string): string[] {
  return (['blocks', 'warns'] as const).flatMap((effect) => {
    const kind = effect === 'blocks' ? 'error' : 'warning';
    const some = gates.filter((gate) => gate.effect === effect);
    const rest = some.length - mostAnnotations;
    return [
      ...some.slice(0, mostAnnotations).map((gate) => annotation(kind, gate, pathOf)),
      ...(rest > 0 ? [`::${kind}::and ${rest} more; the report lists them all.`] : []),
    ];
  });
}

/** Lines for $GITHUB_OUTPUT. The delimiter is new each time, so that no value can end itself and set another output. */
export function outputLines(outputs: Readonly<Record<string, string>>): string {
  const delimiter = `ghadelimiter_${randomUUID()}`;
  return Object.entries(outputs)
    .map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`)
    .join('');
}
