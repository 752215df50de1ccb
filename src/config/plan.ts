/** The resolved plan: what a config means once paths, defaults, plugins and ε are known. Plain data, so it can cross to workers. */
import type { ThreatName } from '../plugin/threat.ts';

export interface Preprocessing {
  /** Per channel, subtracted after scaling to `range`. */
  mean: number[];
  /** Per channel, divided by. */
  std: number[];
  /** Channel order the file expects. */
  channels: 'rgb' | 'bgr' | 'gray';
  /** Axis order the file expects; 'auto' reads it from the input's shape. */
  layout: 'auto' | 'nchw' | 'nhwc';
  /** What black and white are for the file, before mean and std: [0, 1], [0, 255], [-1, 1]. */
  range: [number, number];
}

export interface ModelPlan {
  name: string;
  /** Absolute path. */
  path: string;
  preprocessing: Preprocessing;
}

export interface DataPlan {
  /** A folder with one folder per class, or a CSV manifest; exactly one of the two. Absolute paths. */
  folder?: string;
  manifest?: string;
  /** Manifest columns. `root` is what relative image paths are relative to: the manifest's own folder by default. */
  columns: { path: string; label: string; id?: string; groups: string[] | 'auto' };
  root?: string;
  /** Class names by index. Absent: the folder names or labels, sorted. */
  classes?: string[];
  /** Keep only the first n examples, after sorting. */
  limit?: number;
  /** How images of another size meet the model's: 'error' refuses, 'stretch', 'cover' crops the centre, 'contain' pads. */
  resize: 'error' | 'stretch' | 'cover' | 'contain';
  /** [height, width]; absent: the model's own input size. */
  size?: [number, number];
}

/** One attack at ascending ε. A minimal-norm attack runs once and fills them all. */
export interface SeriesPlan {
  /** Prefix of its evaluations' ids: 'pgd:linf'. */
  id: string;
  attack: string;
  /** Model that the attack is made on, while the audited one judges; absent: the audited model itself. */
  surrogate?: string;
  norm: ThreatName;
  epsilons: { text: string; value: number }[];
  /** 'untargeted', or a rule for the target class; 'all': every other class in turn, likeliest first. */
  target: 'untargeted' | 'least-likely' | 'random' | 'all' | { class: number };
  /** Parsed by the attack's own schema. */
  options: unknown;
  /** The attack has a `fit`: it learns from one half of the data and is judged on the other. */
  learns?: true;
  /** Made on this many seeded examples only, for audits that ask, and not among the run's evaluations. */
  subsample?: number;
}

/** What a run is compared with: a folder of stored outcomes (absolute path), or one of its own models, by name. */
export type BaselinePlan =
  | { source: 'folder'; path: string; missing: 'warn' | 'error' }
  | { source: 'model'; model: string };

export interface EnginePlan {
  workers: number;
  threads: number;
  batchSize: number;
}
