/** What a report plugin declares: a pure function from the record to one file. */
import type { z } from 'zod';
import type { PartialRecord } from './partial.ts';
import type { RunRecord } from './record.ts';

export interface ReportInput {
  record: RunRecord;
  /** PNG bytes by the names the record's gallery uses. */
  images: ReadonlyMap<string, Uint8Array>;
}

export interface ReportDefinition<Options = unknown> {
  name: string;
  title: string;
  description?: string;
  /** Name of the file it writes into the run folder. */
  file: string;
  options: z.ZodType<Options>;
  /** Same record, same bytes. */
  render(input: ReportInput, options: Options): string;
  /**
   * What the file says of a run that works still or did not end, so that nobody takes its absence for a verdict. Default: there is no
   * file until the run ends.
   */
  renderPartial?(record: PartialRecord): string;
}

/** Gives a report plugin its types. */
export function defineReport<Options>(definition: ReportDefinition<Options>): ReportDefinition<Options> {
  return definition;
}
