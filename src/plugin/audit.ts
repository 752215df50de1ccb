/** What an audit plugin declares: the rows it needs, and a pure function from rows to a finding. */
import type { z } from 'zod';
import type { Finding } from './finding.ts';
import type { Evaluation, ExampleRow, ModelProbe, OutcomeRow } from './outcome.ts';
import type { Access } from './questions.ts';
import type { Norm, ThreatName } from './threat.ts';

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
  /** Names of the audits of this run, this one among them. */
  audits: readonly string[];
  /** What audits asked for beside the evaluations, on a part of the examples. */
  probes: Probes;
}

export interface Probes {
  evaluations: readonly Evaluation[];
  /** In the order of `examples`; undefined for examples outside the part. */
  rows(model: string, evaluation: string): readonly (OutcomeRow | undefined)[] | undefined;
  /** Answers of the model itself, likewise; undefined where no audit asked for them. */
  model(model: string): readonly (ModelProbe | undefined)[] | undefined;
}

/** An evaluation that an audit asks the plan for, in the words of the config. */
export interface EvaluationRequest {
  attack: string;
  norm: string;
  epsilon: readonly (string | number)[];
  options?: Record<string, unknown>;
}

/** An evaluation on a seeded part of the examples, for the eyes of audits alone: see `AuditInput.probes`. */
export interface ProbeRequest extends EvaluationRequest {
  /** Its evaluations are called `<audit>-<name>:<norm>:<ε>`. */
  name: string;
  examples: number;
}

/** An attack of the run, as the user asked for it. */
export interface PlannedAttack {
  /** Prefix of its evaluations' ids: 'pgd:linf'. */
  id: string;
  attack: string;
  norm: ThreatName;
  epsilon: readonly string[];
  untargeted: boolean;
  options: Record<string, unknown>;
  access: Access;
  budget: 'fixed-epsilon' | 'minimal-norm';
  threats: readonly Norm[];
}

export interface Planned {
  attacks: readonly PlannedAttack[];
  /** Names of all attacks that could be asked for. */
  available: readonly string[];
}

export interface Needs {
  evaluations: EvaluationRequest[];
  probes?: ProbeRequest[];
  /** Ask the models themselves, at this many seeded examples. */
  modelProbe?: { examples: number };
}

export interface AuditDefinition<Options = unknown> {
  name: string;
  title: string;
  reference?: string;
  description?: string;
  options: z.ZodType<Options>;
  /** What this audit needs beside what the user asked for; no evaluation is computed twice. 'clean' is always there. */
  needs?(options: Options, planned: Planned): Needs;
  /**
   * @throws InputError when the options do not fit the data (an unknown class or column), naming what exists
   */
  measure(input: AuditInput, options: Options): Finding;
}

/** Gives an audit plugin its types. */
export function defineAudit<Options>(definition: AuditDefinition<Options>): AuditDefinition<Options> {
  return definition;
}
