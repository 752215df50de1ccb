/** One image that cannot be used, and the one message for many of them: a user with 30 bad files wants 30 names, not the first. */
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import { count, listing } from './text.ts';

const REPLACE = 'Replace or remove such files, and run again.';

export class ImageError extends InputError {
  readonly file: string;
  /** What is wrong, as the end of a sentence: 'is empty (0 bytes)'. */
  readonly problem: string;

  constructor(file: string, problem: string, fix: string = REPLACE, options?: { cause?: unknown }) {
    super(`The image ${quote(file)} ${problem}.`, fix, options);
    this.name = 'ImageError';
    this.file = file;
    this.problem = problem;
  }
}

/** One InputError that lists up to 20 bad images and the number of the rest, with each different mend once. At least one error. */
export function listBadImages(errors: readonly ImageError[]): InputError {
  if (errors.length === 1) return errors[0];
  const fixes = new Set(errors.map(({ fix }) => fix).filter((fix) => fix !== undefined));
  return new InputError(
    `${count(errors.length, 'image')} cannot be used:\n${listing(errors, ({ file, problem }) => `${quote(file)} ${problem}`)}`,
    [...fixes].join('\n'),
  );
}
