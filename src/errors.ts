/**
 * The one error that is meant for the person who runs Proofhouse: bad input, told in sentences. It ends the process
 * with exit code 2 and without a stack trace. Everything else that is thrown is a defect of ours.
 */
export class InputError extends Error {
  /** How to mend it, one sentence; printed after the message. */
  readonly fix: string | undefined;

  /**
   * @param message which file, which value, what was expected
   * @param fix how to mend it
   */
  constructor(message: string, fix?: string, options?: { cause?: unknown }) {
    super(fix === undefined ? message : `${message}\n${fix}`, options);
    this.name = 'InputError';
    this.fix = fix;
  }
}
