/** How an error ends the process: bad input in sentences with code 2, a defect of ours with its stack and code 3. */
import { InputError } from '../errors.ts';
import { colour, printableLines } from './terminal.ts';
import { fenced } from './workflow-commands.ts';

const badInput = 2;
const cannotCertify = 3;

/** Prints the error to stderr. @returns the exit code */
export function fail(error: unknown): number {
  const head = colour('red', 'error', process.stderr);
  if (error instanceof InputError) {
    process.stderr.write(fenced(`${head}  ${printableLines(error.message)}\n`));
    return badInput;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `${head}  This is a defect of Proofhouse, not of your input. Please report it with these lines and the command.\n${printableLines(detail)}\n`,
  );
  return cannotCertify;
}
