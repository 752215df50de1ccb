/** Appends operators to a graph and keeps track of the shapes of their results, so that rules can ask for them. */

import { quote } from '../../quote.ts';
import type { Attribute, Dim, GraphBuilder, Tensor } from '../graph.ts';
import { tensor } from '../graph.ts';
import type { Shape } from '../shapes/rule.ts';
import { broadcast, isFixed, sameDims, toRank } from './dims.ts';

export class Emitter {
  readonly builder: GraphBuilder;
  readonly #dims = new Map<string, readonly Dim[]>();
  readonly #scalars = new Map<number, string>();

  constructor(builder: GraphBuilder, shapes: ReadonlyMap<string, Shape>) {
    this.builder = builder;
    for (const [name, shape] of shapes) this.#dims.set(name, shape.dims);
    for (const [name, value] of builder.graph.initializers) this.#dims.set(name, value.dims);
  }

  dims(value: string): Dim[] {
    const dims = this.#dims.get(value);
    if (dims === undefined) throw new Error(`no shape for ${quote(value)}`);
    return [...dims];
  }

  track(value: string, dims: readonly Dim[]): void {
    this.#dims.set(value, dims);
  }

  /** Appends a node. `dims` is the shape of its result; left out, the broadcast shape of its inputs. */
  op(op: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}, dims?: readonly Dim[]): string {
    const shape = dims ?? broadcast(inputs.filter((name) => name !== '').map((name) => this.dims(name)));
    return this.ops(op, inputs, attributes, [shape])[0];
  }

  /** Appends a node with one output for each of the given shapes. */
  ops(
    op: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute>,
    dims: readonly (readonly Dim[])[],
  ): string[] {
    const outputs = this.builder.ops(op, inputs, dims.length, attributes);
    outputs.forEach((name, index) => this.track(name, dims[index]));
    return outputs;
  }

  tensor(value: Tensor): string {
    const name = this.builder.constant(value);
    this.track(name, value.dims);
    return name;
  }

  scalar(value: number): string {
    const known = this.#scalars.get(value);
    if (known !== undefined) return known;
    const name = this.tensor(tensor.scalar(value));
    this.#scalars.set(value, name);
    return name;
  }

  shape(...sizes: number[]): string {
    return this.tensor(tensor.int64([sizes.length], sizes));
  }

  /** At most one size may be symbolic: ONNX's Reshape infers one. */
  reshape(value: string, dims: readonly Dim[]): string {
    const own = this.dims(value);
    if (sameDims(own, dims)) return value;
    if (dims.filter((size) => typeof size === 'string').length > 1)
      throw new Error(`cannot reshape to [${dims.join(', ')}]: more than one size is free`);
    // 0 copies the size at the same place, so that the runtime knows it for the same batch, and can leave values in its blocked layout.
    const free = (axis: number) => (own[axis] === dims[axis] ? 0 : -1);
    const target = this.shape(...dims.map((size, axis) => (typeof size === 'string' ? free(axis) : size)));
    return this.op('Reshape', [value, target], {}, dims);
  }

  /** Repeats a value along the axes where it has size 1 until it has the shape of `like`. */
  expand(value: string, like: string): string {
    const dims = this.dims(like);
    const own = toRank(this.dims(value), dims.length);
    if (sameDims(this.dims(value), dims)) return value;
    // ONNX's Expand broadcasts both ways, so a free size that the value already has is asked for as 1.
    const sizes = dims.map((size, axis) => (own[axis] === size ? 1 : size));
    const target = isFixed(sizes) ? this.shape(...sizes) : this.op('Shape', [like], {}, [dims.length]);
    return this.op('Expand', [value, target], {}, dims);
  }
}
