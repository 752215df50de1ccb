/** How an error ends the process: bad input in sentences with code 2, a defect of ours with its stack and code 3. */
import { InputError } from '../errors.ts';
import { colour, printableLines } from './terminal.ts';

const badInput = 2;
const cannotCertify = 3;

/** Prints the error to stderr, and tells GitHub Actions where it runs there. @returns the exit code */
export async function fail(error: unknown): Promise<number> {
  const head = colour('red', 'error', process.stderr);
  const isInput = error instanceof InputError;
  const message = printableLines(error instanceof Error ? error.message : String(error));
  const blamed = isInput
    ? message
    : `This is a defect of Proofhouse, not of your input. Please report it with these lines and the command.\n`;
  const stack = isInput ? '' : printableLines(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.stderr.write(`${head}  ${blamed}${stack}\n`);
  const { tellGitHubOfError } = await import('./github-actions.ts');
  await tellGitHubOfError(isInput ? message : `A defect of Proofhouse: ${message}`);
  return isInput ? badInput : cannotCertify;
}
