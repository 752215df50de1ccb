/** What a shape rule is given and returns. A rule is registered by operator name; adding one touches its family's file alone. */
import { InputError } from '../../errors.ts';
import type { Dim, ElementType, Node, Tensor } from '../graph.ts';
import { nodeLabel } from '../graph.ts';

export interface Shape {
  type: ElementType;
  dims: Dim[];
}

/** A small tensor whose elements are known: constants, and what is computed from shapes (whose elements may be names). Booleans are 0 and 1. */
export interface KnownValue {
  dims: number[];
  elements: Dim[];
}

/** A node together with what is known about its inputs. */
export class ShapeQuery {
  readonly node: Node;
  readonly opset: number;
  readonly #shapes: ReadonlyMap<string, Shape>;
  readonly #values: ReadonlyMap<string, KnownValue>;
  readonly #initializers: ReadonlyMap<string, Tensor>;

  constructor(
    node: Node,
    opset: number,
    shapes: ReadonlyMap<string, Shape>,
    values: ReadonlyMap<string, KnownValue>,
    initializers: ReadonlyMap<string, Tensor>,
  ) {
    this.node = node;
    this.opset = opset;
    this.#shapes = shapes;
    this.#values = values;
    this.#initializers = initializers;
  }

  /** Whether optional input `index` is there. */
  has(index: number): boolean {
    return (this.node.inputs[index] ?? '') !== '';
  }

  /** @throws InputError when the input is absent */
  input(index: number): Shape {
    const shape = this.#shapes.get(this.node.inputs[index] ?? '');
    if (shape === undefined) throw this.problem(`it needs at least ${index + 1} inputs`);
    return shape;
  }

  /** All inputs that are there. */
  inputs(): Shape[] {
    return this.node.inputs.flatMap((name, index) => (name === '' ? [] : [this.input(index)]));
  }

  value(index: number): KnownValue | undefined {
    return this.#values.get(this.node.inputs[index] ?? '');
  }

  /** The elements of a known value without names among them. */
  numbers(index: number): number[] | undefined {
    const elements = this.value(index)?.elements;
    return elements?.every((element) => typeof element === 'number') ? elements : undefined;
  }

  /** The constant behind an input, if it is one. */
  constant(index: number): Tensor | undefined {
    return this.#initializers.get(this.node.inputs[index] ?? '');
  }

  problem(what: string): InputError {
    return new InputError(
      `${nodeLabel(this.node)}: ${what}.`,
      'The file does not describe a network that can run; export the model again.',
    );
  }

  /** A non-negative axis from one that may count from the end; `rank` itself is allowed when `inclusive`. */
  axis(axis: number, rank: number, inclusive = false): number {
    const positive = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(axis) || positive < 0 || positive > rank || (positive === rank && !inclusive))
      throw this.problem(`axis ${axis} does not exist in an input of rank ${rank}`);
    return positive;
  }
}

/** Shapes of the outputs in order; undefined where one cannot be told. */
export type ShapeRule = (query: ShapeQuery) => (Shape | undefined)[];

export type ShapeRules = Readonly<Record<string, ShapeRule>>;
