/** The plain rows that stand between collecting and auditing. Versioned; see `docs/results.md`. */
import type { QueryCount } from './questions.ts';
import type { Norm, ThreatName } from './threat.ts';

/** One line of `examples.ndjson`: what is known of an image without any model. */
export interface ExampleRow {
  /** Unique; the image's path relative to the data folder, or the manifest's id column. */
  id: string;
  /** Class index. */
  label: number;
  /** Subgroup column → value; a blank cell is absent (unknown). */
  groups: Record<string, string>;
}

/** One line of `outcomes.ndjson`: one example under one evaluation of one model, as judged on the file as shipped. */
export interface OutcomeRow {
  model: string;
  example: string;
  /** 'clean', or an evaluation's id such as 'pgd:linf:8/255'. */
  evaluation: string;
  label: number;
  /** Largest logit (ties: lowest index). */
  prediction: number;
  /** Softmax probability of the prediction. */
  confidence: number;
  /** Logits, to float32 precision; empty for models of more than 100 classes. */
  scores: number[];
  /** Clean: misclassified. Attack: the goal is achieved within the threat; a clean error counts, at distance 0. */
  success: boolean;
  /** Success still holds after rounding to 8 bits inside the threat. */
  survives8bit: boolean;
  /** Distances from the clean image, float64; absent on clean rows, and where a minimal-norm attack found no adversarial point. */
  distances?: Record<Norm, number>;
  /** What the attack asked, of a surrogate where it was made on one. */
  queries: QueryCount;
  /** The smaller ε of the same sweep whose point this row repeats (its queries are counted there). */
  carriedFrom?: string;
  /** How far the attack's own point had to be moved (L∞) to be inside the threat, if it was not. */
  violation?: number;
  /** Of an attack that learns from data first: the half it was made on, which this example is not of. */
  madeOn?: MadeOn;
  /** What was seen while the attack worked; absent where there is nothing to say. */
  trace?: Trace;
  /** Answers of the model itself, on rows of `MODEL_PROBE` alone. */
  probe?: ModelProbe;
}

/** What an attack learnt from before it met an example; the same on every row that shares it. */
export interface MadeOn {
  /** Which half of the data. */
  half: 1 | 2;
  /** Examples of that half that it learnt from. */
  examples: number;
  /** What that cost, once and beside the rows' own queries. */
  queries: QueryCount;
}

/** Signs of a failing attack, seen by watching its questions and the answers. A member is absent where the sign is. */
export interface Trace {
  /** A point inside the threat achieved the goal, but the attack returned another that does not. */
  passedOver?: true;
  /** The returned point achieved the goal when the attack asked about it, but not on the file as shipped. */
  disagreed?: true;
  /** Gradients that were zero in every value. */
  zeroGradients?: number;
  /** Gradients that held an infinity or NaN. */
  nonFiniteGradients?: number;
  /** Of a failed fixed-ε attempt: how much its best loss still rose over the last 10 gradients, as a share of the whole path's range. */
  lateProgress?: number;
}

/** What repeated, noisy and numeric questions say about a model at one example. */
export interface ModelProbe {
  /** Largest L2 distance between the normalised logits of five equal questions; 0 for a deterministic model. */
  repeatDistance: number;
  /** Whether the five gave one label. */
  repeatsAgree: boolean;
  /** Whether the logits are probabilities: in [0, 1] and summing to 1. */
  probabilities: boolean;
  /** Logit of the true class less the largest other one. */
  margin: number;
  /** Mean absolute change of that margin under 100 draws of uniform noise in ±4/255. */
  marginChange: number;
  /**
   * |central difference − gradient · direction| / ‖gradient‖₂ at a random image along a random direction of ±1; `null` where
   * no gradient can be derived.
   */
  gradientError: number | null;
}

/** Names the part of a run that asks models themselves, beside any attack. */
export const MODEL_PROBE = 'model-probe';

/** An evaluation of the plan: 'clean', or an attack at one ε. */
export interface Evaluation {
  id: string;
  /** 'clean' or the attack plugin's name. */
  attack: string;
  title: string;
  reference?: string;
  norm?: ThreatName;
  epsilon?: number;
  /** As the user wrote it, e.g. '8/255'. */
  epsilonText?: string;
  /** Of an attack that runs once for all its ε: its rows carry the distance of the nearest point it found, within ε or not. */
  budget?: 'minimal-norm';
  /** What success is: 'untargeted' or a target rule. */
  goal?: string;
  options?: Record<string, unknown>;
  /** What the attack needs of the model it is judged on. */
  access?: string;
  /** The model that the attack was made on, where that is another one: a transfer attack. It has no rows on that model itself. */
  surrogate?: string;
  /** Made on one half of the data and applied to the other, both ways: it asks nothing about the image that it is judged on. */
  fitted?: true;
}
