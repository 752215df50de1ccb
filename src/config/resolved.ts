/** A run as it will happen: every path found, every default filled in, every plugin's options parsed. Plain data. */
import type { GateEntry } from '../gate/presets.ts';
import type { Card, Gating } from '../plugin/record.ts';
import type { Invocation } from './canonical.ts';
import type { BaselinePlan, DataPlan, EnginePlan, ModelPlan, SeriesPlan } from './plan.ts';

/** A plugin of the run by name, with its options parsed by its own schema. */
export interface PluginUse {
  name: string;
  options: unknown;
}

/** How verdicts are weighed, and the file of accepted risks. */
export interface GatingPlan extends Omit<Gating, 'off' | 'judgedOn'> {
  /** What too little evidence does, as the config says it for every context. */
  byContext: Record<'pull-request' | 'release', 'warn' | 'error'>;
  /** Absolute path. */
  acceptedRisks?: string;
}

export interface ResolvedRun {
  /** The audited models; last, the baseline's where that is a model. */
  models: ModelPlan[];
  /** Models that attacks are made on and that are not audited themselves. */
  surrogates: ModelPlan[];
  data: DataPlan;
  /** The user's attacks, then what audits need beside them. Empty: clean images only. */
  series: SeriesPlan[];
  /** Ask the models themselves at this many seeded examples, because an audit needs it. */
  modelProbe?: { examples: number };
  audits: PluginUse[];
  gates: GateEntry[];
  gating: GatingPlan;
  /** Absent: the run is compared with nothing. */
  baseline?: BaselinePlan;
  /** Stop attacking as soon as every gate is settled. */
  decide?: 'early';
  reports: PluginUse[];
  card?: { path: string; card: Card };
  /** Absolute path of the history file. */
  history?: string;
  gallery: { images: 'show' | 'redact' | 'off'; count: number };
  /** Only what was asked for; the rest is for the machine to choose. Changes no result. */
  engine: Partial<EnginePlan>;
  seed: number;
  /** Absolute path of the run folder. */
  output: string;
  /** The config in its own words with defaults filled in: no absolute paths, no speed settings, no output. */
  canonical: Record<string, unknown>;
  /** The command that repeats the run. */
  command: string;
  invocation: Invocation;
  /** Absolute paths of plugin files; a worker loads them again by these. */
  pluginFiles: string[];
}
