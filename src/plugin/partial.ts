/** What `results.json` says of a run that did not end, so that a reader of it never takes silence for a verdict. */

export interface PartialRecord {
  schemaVersion: 1;
  proofhouse: string;
  verdict: { status: 'error'; sentence: string };
  /** The command that repeats the run, without its output folder and speed settings. */
  command: string;
  partial: {
    /** 'unfinished': it works still, or was killed; 'bad input' and 'defect': an error ended it. */
    kind: 'unfinished' | 'interrupted' | 'bad input' | 'defect';
    /** What it was doing, such as 'reading images' or 'attacking'. */
    stage: string;
    /** The message of the error, without a stack trace or the folders of paths; absent where none ended the run. */
    error?: string;
    /** One sentence: how to go on. */
    resume: string;
  };
}
