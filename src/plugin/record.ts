/** The complete record of a run: `results.json`. Reports render it and recompute nothing. */
import type { Finding } from './finding.ts';
import type { Evaluation } from './outcome.ts';

export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'error' | 'not applicable';

/** 'floor' and 'ceiling' bind a metric; the others are named as the config names them. */
export type GateKind = 'floor' | 'ceiling' | 'max-drop' | 'worst-subgroup' | 'subgroup-gap' | 'attack-health';

/** What a gate that does not hold does to the run. A gate that is off is not judged. */
export type GateLevel = 'warn' | 'error';

/** One part of what a gate rests on, such as one subgroup or one health check. */
export interface GateEvidence {
  label: string;
  measured: number | null;
  low?: number;
  high?: number;
  count?: number;
  total?: number;
  /** Adjusted for the number of tests of this gate. */
  p?: number;
  verdict: Verdict;
}

export interface GateResult {
  /**
   * Stable name without limits, unique within a model: 'floor robust-accuracy@pgd:linf:8/255'. What accepted risks and alerts
   * are tracked by.
   */
  id: string;
  /** As a reader says it, with its limit: 'robust-accuracy@pgd:linf:8/255 ≥ 0.4'. */
  rule: string;
  kind: GateKind;
  level: GateLevel;
  /** What it binds; absent where a rule binds no single metric. */
  metric?: string;
  model: string;
  /** The floor, the ceiling, the margin or the tolerance; null where the rule has none. */
  threshold: number | null;
  /** The limit as the end of "required: …": '≥ 40 %', 'a drop of at most 1 point', 'no check fails'. */
  required: string;
  /** Of threshold, measured and interval. */
  unit: 'proportion' | 'number';
  /** Judged by the confidence bound, or by the point estimate. */
  by: 'bound' | 'point';
  measured: number | null;
  low?: number;
  high?: number;
  total?: number;
  /** Cases there would have been at the end of the data: set where the gate was judged while examples were attacked. */
  planned?: number;
  method: string;
  verdict: Verdict;
  /**
   * What follows, once level, context and accepted risks are weighed: 'blocks' fails the run (exit code 1, or 3 where it could not be
   * judged), 'warns' is shown and does not.
   */
  effect: 'blocks' | 'warns' | 'none';
  /** One sentence: why this verdict. */
  why: string;
  /** One sentence: what would settle or mend it; absent where the gate holds. */
  fix?: string;
  /** The subgroups or checks it rests on, each with its own verdict; those too small to judge among them. */
  evidence?: GateEvidence[];
  /** The risk that was accepted for this gate and model, if one was. */
  accepted?: AcceptedRisk;
  /** Where the config declares it; of a gate that a preset brings, where it names the preset; absent for gates of flags. */
  source?: { file: string; line: number; column: number };
}

/** A gate's failure that someone answers for, from the file that `accepted-risks` names. */
export interface AcceptedRisk {
  /** A gate's id. */
  gate: string;
  model: string;
  /** When it was accepted; worse than this is not accepted. */
  measured: number | null;
  reason: string;
  owner: string;
  /** Last day it holds, YYYY-MM-DD in UTC. */
  expires: string;
  ticket?: string;
  /** 'holds' as recorded; 'worse' and 'expired' no longer excuse anything; 'unused': the gate holds without it, so it asks for pruning. */
  state: 'holds' | 'worse' | 'expired' | 'unused';
}

/** How the gates were weighed. */
export interface Gating {
  /** 'release' unless the run says otherwise: 'pull-request'. */
  context: string;
  /** What an inconclusive gate of level error does in this context. */
  inconclusive: 'warns' | 'blocks';
  /** Rules of the config that are switched off, as a reader says them. */
  off: string[];
  /** Set where gates of level warn block as those of level error do. */
  failOn?: 'warn';
  /** Set where nothing blocks, whatever the gates say: reports must say so, lest a green job hides it. */
  reportOnly?: true;
  /** Day by which accepted risks expire, YYYY-MM-DD; absent where there are none. */
  judgedOn?: string;
}

/** What the run is compared with. */
export interface Baseline {
  /** A stored folder of outcomes, or a model that met the same attacks in this run. */
  source: 'folder' | 'model';
  /** The folder's or the model file's name. */
  name: string;
  proofhouse: string;
  models: { name: string; sha256: string }[];
}

/** One model under one evaluation, beside its baseline on the same examples. */
export interface Change {
  model: string;
  /** Name in the baseline. */
  baselineModel: string;
  evaluation: string;
  /** Why the two cannot be compared, each in words: 'the data: sha256 … before, … now'. Empty: they can. */
  differs: string[];
  /** Absent where not comparable. */
  paired?: {
    total: number;
    /** Examples that stand in both, fall in both. */
    stand: number;
    fall: number;
    /** Ids of examples that stood and now fall, and the other way round, in the order of the data. */
    regressed: string[];
    improved: string[];
    /** Accuracy before minus accuracy now, with a two-sided interval. */
    drop: number;
    low: number;
    high: number;
    confidence: number;
    method: string;
    /** One-sided exact McNemar test of "not worse". */
    p: number;
    /** Flips by subgroup column and value. */
    groups: { column: string; value: string; total: number; regressed: number; improved: number }[];
  };
}

/** One line of the history file: a run's verdict and headline metrics. */
export interface HistoryEntry {
  /** When it ran, ISO 8601; absent on the present run's own line in its record, which must reproduce. */
  date?: string;
  commit?: string;
  verdict: Verdict;
  /** SHA-256 of the data: lines over different data are not one curve. */
  dataset: string;
  metrics: { id: string; model: string; value: number | null }[];
}

/** What the people who ship the model say of it, from the file that `card` names. A field without text is a gap, shown as one. */
export interface Card {
  title: string;
  fields: { name: string; label: string; required: boolean; text: string | null }[];
}

export interface ModelFacts {
  name: string;
  /** File name as given, without its folder. */
  file: string;
  sha256: string;
  bytes: number;
  format: string;
  producer: string;
  opset: number;
  input: { name: string; dims: (number | string)[]; layout: 'NCHW' | 'NHWC' };
  output: { name: string; classes: number };
  parameters: number;
  /** Multiply–accumulates of one image. */
  macs: number;
  preprocessing: Record<string, unknown>;
  /** Whether attacks that need gradients could run, and if not which nodes prevent it. */
  gradient: { available: boolean; reason?: string };
}

export interface DatasetFacts {
  /** Folder or manifest name as given, without its parent folders. */
  source: string;
  /** SHA-256 over ids, labels, groups and decoded pixels, in order. */
  sha256: string;
  examples: number;
  /** Images per class, by class index. */
  perClass: number[];
  groupColumns: { name: string; values: Record<string, number>; unknown: number }[];
  shape: { channels: number; height: number; width: number };
}

/** One clean | adversarial | difference triple. Images are file names in the run's `images/` folder and keys of `images`. */
export interface GalleryItem {
  model: string;
  example: string;
  evaluation: string;
  label: number;
  clean: { image: string; prediction: number; confidence: number };
  adversarial: { image: string; prediction: number; confidence: number };
  difference: {
    image: string /** How many times the difference was amplified around mid-grey. */;
    amplification: number;
  };
  distances: Record<string, number>;
  /** What the network sees, as images; absent where it was not asked for or has no gradient. */
  sight?: {
    /** Where the prediction is sensitive: |∂ logit of the prediction / ∂ pixel|. */
    saliency: { clean: string; adversarial: string };
    /** Mean absolute activation of a layer over its channels, one scale for the pair. */
    layers: { layer: string; clean: string; adversarial: string }[];
  };
}

export interface RunRecord {
  schemaVersion: 1;
  proofhouse: string;
  verdict: { status: Verdict; sentence: string };
  seed: number;
  /** Canonical command that repeats this run. */
  command: string;
  /** The resolved config, without paths above the project. */
  config: Record<string, unknown>;
  engine: { name: string; version: string; device: string; instructionSet: string };
  models: ModelFacts[];
  /** Models that attacks were made on and that were not audited themselves; absent if none. */
  surrogates?: ModelFacts[];
  dataset: DatasetFacts;
  classes: string[];
  evaluations: Evaluation[];
  findings: Finding[];
  gates: GateResult[];
  gating: Gating;
  /** All of the file, those of other gates too; absent where the config names none. */
  acceptedRisks?: AcceptedRisk[];
  baseline?: Baseline;
  /** By model and evaluation; absent without a baseline. */
  changes?: Change[];
  /** Oldest first, this run last; absent without a history file. */
  history?: HistoryEntry[];
  card?: Card;
  /** Set where gates were judged while examples were attacked, so that the run could stop at this many of those planned; all, where one stayed open. */
  early?: { examples: number; planned: number };
  gallery: { mode: 'show' | 'redact' | 'off'; items: GalleryItem[] };
  /** Attack queries in all, by model and evaluation. */
  queries: { model: string; evaluation: string; examples: number; gradient: number; score: number; decision: number }[];
  /** What the reader must know: repaired points, operators whose bits depend on the batch, examples left out. */
  notes: string[];
}
