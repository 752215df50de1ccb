/** The complete record of a run: `results.json`. Reports render it and recompute nothing. */
import type { Finding } from './finding.ts';
import type { Evaluation } from './outcome.ts';

export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'error' | 'not applicable';

export interface GateResult {
  /** As written in the config, e.g. 'robust-accuracy@pgd:linf:8/255 ≥ 0.4'. */
  rule: string;
  metric: string;
  model: string;
  kind: 'floor' | 'ceiling';
  threshold: number;
  /** Judged by the confidence bound, or by the point estimate. */
  by: 'bound' | 'point';
  measured: number | null;
  low?: number;
  high?: number;
  total?: number;
  method: string;
  verdict: Verdict;
  /** One sentence: why this verdict, and for an inconclusive one what would settle it. */
  why: string;
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
  gallery: { mode: 'show' | 'redact' | 'off'; items: GalleryItem[] };
  /** Attack queries in all, by model and evaluation. */
  queries: { model: string; evaluation: string; examples: number; gradient: number; score: number; decision: number }[];
  /** What the reader must know: repaired points, operators whose bits depend on the batch, examples left out. */
  notes: string[];
}
