/**
 * What a gradient rule is. A rule gives the vector–Jacobian product (VJP) of one ONNX operator as ONNX operators: from
 * the cotangents of the node's outputs (d loss / d output) to those of its inputs. Rules are written a few lines each in
 * `rules/`, one file per operator family, and never touch the graph outside of their thunks.
 */
import type { Dim, Node, Tensor } from '../graph.ts';
import type { Emitter } from './emitter.ts';

/** What is known about a node before anything is built. */
export interface RuleContext {
  readonly node: Node;
  /** Shape of a value; symbolic where a dimension is free. */
  readonly dims: (value: string) => Dim[];
  /** The constant behind a value, if it is one. */
  readonly constant: (value: string | undefined) => Tensor | undefined;
}

/** What a VJP is built from and with. Values are names in the graph. */
export interface VjpContext extends RuleContext {
  readonly emit: Emitter;
  /** d loss / d output, in the output's own shape. */
  readonly cotangent: (output?: number) => string;
  /**
   * The same, where the shape may have 1 for a size along which it is constant (what a global pool hands back). For
   * rules that broadcast anyway: nothing is expanded before it must be.
   */
  readonly looseCotangent: (output?: number) => string;
  /** Whether any gradient reaches this output. */
  readonly reached: (output: number) => boolean;
  /** Names an optional output of the differentiated node itself, so that the runtime computes it. */
  readonly request: (output: number, dims: readonly Dim[]) => string;
}

/** Builds d loss / d input when it is needed and names it. */
export type Pullback = () => string;

export interface Rule {
  /** Operator of the standard ONNX domain. */
  op: string;
  /** The operator versions (opset in which each began) this rule is right for. */
  since: readonly number[];
  /** The sub-gradient chosen where the operator has no derivative. */
  ties?: string;
  /** Input positions a gradient is derived for; all by default. Elsewhere an input that depends on the image is an obstacle. */
  wrt?: readonly number[];
  /** Input positions with zero derivative by nature: shapes, indices, conditions. */
  inert?: readonly number[];
  /** Whether every output's cotangent is read. By default only the first is, and others on the path are an obstacle. */
  everyOutput?: boolean;
  /**
   * Whether the operator broadcasts its inputs, so that its pullbacks come in the output's shape. They are summed back
   * to the input's shape once, where cotangents are accumulated.
   */
  broadcasts?: boolean;
  /** Why this node cannot be differentiated, as the end of a sentence; `undefined` where it can. */
  refuses?(context: RuleContext): string | undefined;
  /** One pullback per input position; only those needed are called. */
  vjp(context: VjpContext): readonly (Pullback | undefined)[];
}

export const defineRule = (rule: Rule): Rule => Object.freeze(rule);
