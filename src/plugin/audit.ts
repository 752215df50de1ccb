/** What an audit plugin declares: the rows it needs, and a pure function from rows to a finding. */
import type { z } from 'zod';
import type { Finding } from './finding.ts';
import type { Evaluation, ExampleRow, OutcomeRow } from './outcome.ts';

/** Everything an audit may look at. It never sees a model. */
export interface AuditInput {
  models: readonly string[];
  /** Class names, by index. */
  classes: readonly string[];
  /** Subgroup columns, in the manifest's order. */
  groupColumns: readonly string[];
  /** 'clean' first, then attacks by plan order and ascending ε. */
  evaluations: readonly Evaluation[];
  examples: readonly ExampleRow[];
  /** The rows of one model under one evaluation, in the order of `examples`; undefined where that evaluation was not run on that model. */
  rows(model: string, evaluation: string): readonly OutcomeRow[] | undefined;
}

/** An evaluation that an audit asks the plan for, in the words of the config. */
export interface EvaluationRequest {
  attack: string;
  norm: string;
  epsilon: readonly (string | number)[];
  options?: Record<string, unknown>;
}

export interface AuditDefinition<Options = unknown> {
  name: string;
  title: string;
  reference?: string;
  description?: string;
  options: z.ZodType<Options>;
  /** Evaluations this audit needs beside those the user asked for; nothing is computed twice. 'clean' is always there. */
  needs?(options: Options): { evaluations: EvaluationRequest[] };
  /**
   * @throws InputError when the options do not fit the data (an unknown class or column), naming what exists
   */
  measure(input: AuditInput, options: Options): Finding;
}

/** Gives an audit plugin its types. */
export function defineAudit<Options>(definition: AuditDefinition<Options>): AuditDefinition<Options> {
  return definition;
}
