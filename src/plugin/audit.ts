/** What an audit plugin declares: the rows it needs, and a pure function from rows to a finding. */
import type { z } from 'zod';
import type { Finding, Metric } from './finding.ts';
import type { Evaluation, ExampleRow, ModelProbe, OutcomeRow } from './outcome.ts';
import type { Access } from './questions.ts';
import type { Norm, ThreatName } from './threat.ts';

/** What is known of a run before any attack: its models by name, its data, and what will be evaluated. */
export interface AuditPlan {
  models: readonly string[];
  /** Class names, by index. */
  classes: readonly string[];
  /** Subgroup columns, in the manifest's order. */
  groupColumns: readonly string[];
  /** 'clean' first, then attacks by plan order and ascending ε. */
  evaluations: readonly Evaluation[];
  examples: readonly ExampleRow[];
  /** Names of the audits of this run, this one among them. */
  audits: readonly string[];
}

/** Everything an audit may look at. It never sees a model. */
export interface AuditInput extends AuditPlan {
  /** The rows of one model under one evaluation, in the order of `examples`; undefined where that evaluation was not run on that model. */
  rows(model: string, evaluation: string): readonly OutcomeRow[] | undefined;
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

/**
 * A metric before it is measured. `total` is set where the data alone decides it, and each of these examples counts as its own outcomes say, whatever
 * the others': a gate on such a proportion may be settled before all are attacked. A gate on subgroups may, where each declares its `group` too.
 */
export type DeclaredMetric = Pick<Metric, 'id' | 'unit' | 'total' | 'group'>;

export interface AuditDefinition<Options = unknown> {
  name: string;
  title: string;
  reference?: string;
  description?: string;
  options: z.ZodType<Options>;
  /** What this audit needs beside what the user asked for; no evaluation is computed twice. 'clean' is always there. */
  needs?(options: Options, planned: Planned): Needs;
  /**
   * Every metric that `measure` may return for such a run, for any model, so that a gate on another one is refused before the attacks. Absent: they are
   * not known beforehand, and no gate's metric is refused on this account.
   * @throws InputError as `measure` does
   */
  metrics?(plan: AuditPlan, options: Options): DeclaredMetric[];
  /**
   * @throws InputError when the options do not fit the data (an unknown class or column), naming what exists
   */
  measure(input: AuditInput, options: Options): Finding;
}

/** Gives an audit plugin its types. */
export function defineAudit<Options>(definition: AuditDefinition<Options>): AuditDefinition<Options> {
  return definition;
}
