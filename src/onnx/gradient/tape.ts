/** The bookkeeping of one backward pass: where cotangents accumulate, and what a rule sees of it. */

import { quote } from '../../quote.ts';
import type { Dim, GraphBuilder, Node } from '../graph.ts';
import { elementCount } from '../graph.ts';
import type { Shape } from '../shapes/rule.ts';
import { fixed, toRank } from './dims.ts';
import { Emitter } from './emitter.ts';
import type { Rule, VjpContext } from './rule.ts';
import { sumOver } from './sum.ts';

export class Tape {
  readonly #emit: Emitter;
  readonly #cotangents = new Map<string, string[]>();

  constructor(builder: GraphBuilder, shapes: ReadonlyMap<string, Shape>) {
    this.#emit = new Emitter(builder, shapes);
  }

  /** Starts from d loss / d `value`, which the caller vouches to be of that shape. */
  seed(value: string, cotangent: string): void {
    this.#emit.track(cotangent, this.#emit.dims(value));
    this.accumulate(value, cotangent);
  }

  /** Records a cotangent of `value`; several of them add up. */
  accumulate(value: string, cotangent: string): void {
    const list = this.#cotangents.get(value);
    if (list === undefined) this.#cotangents.set(value, [cotangent]);
    else list.push(cotangent);
  }

  /** The sum of the cotangents of `value`; its sizes may be 1 where it is constant along an axis. */
  looseCotangent(value: string): string {
    const list = this.#cotangents.get(value);
    if (list === undefined) throw new Error(`no cotangent for ${quote(value)}`);
    // Small ones first, so that only one sum is broadcast.
    const size = (name: string) =>
      elementCount(this.#emit.dims(name).map((dim) => (typeof dim === 'string' ? 2 : dim)));
    const total = list.toSorted((a, b) => size(a) - size(b)).reduce((sum, next) => this.#emit.op('Add', [sum, next]));
    this.#cotangents.set(value, [total]);
    return total;
  }

  /** The same in the shape of `value`. */
  cotangent(value: string): string {
    const full = this.#emit.expand(this.looseCotangent(value), value);
    this.#cotangents.set(value, [full]);
    return full;
  }

  /** Runs one node's rule and hands its cotangents on to its inputs. */
  backward(node: Node, rule: Rule, active: ReadonlySet<string>): void {
    const pullbacks = rule.vjp(this.#contextOf(node));
    node.inputs.forEach((name, position) => {
      const pullback = pullbacks[position];
      if (!active.has(name) || pullback === undefined) return;
      const value = pullback();
      const shape = this.#emit.dims(rule.broadcasts ? node.outputs[0] : value);
      this.accumulate(name, this.#unbroadcast(value, shape, this.#emit.dims(name)));
    });
  }

  /** Sums a cotangent over the axes along which an operand of shape `target` was repeated to give `stretched`. */
  #unbroadcast(value: string, stretched: readonly Dim[], target: readonly Dim[]): string {
    const emit = this.#emit;
    const rank = stretched.length;
    const wanted = toRank(target, rank);
    const repeated = stretched.flatMap((size, axis) => (wanted[axis] === 1 && size !== 1 ? [axis] : []));
    if (repeated.length === 0 && rank === target.length) return value;
    const own = toRank(emit.dims(value), rank);
    // A loose cotangent is constant along its axes of size 1: there the sum is a product.
    const times = fixed(repeated.filter((axis) => own[axis] === 1).map((axis) => stretched[axis]));
    let result = sumOver(
      emit,
      emit.reshape(value, own),
      repeated.filter((axis) => own[axis] !== 1),
    );
    if (times.length > 0) result = emit.op('Mul', [result, emit.scalar(elementCount(times))]);
    return emit.reshape(result, emit.dims(result).slice(rank - target.length));
  }

  #contextOf(node: Node): VjpContext {
    const emit = this.#emit;
    return {
      node,
      emit,
      dims: (value) => emit.dims(value),
      constant: (value) => (value === undefined ? undefined : emit.builder.graph.initializers.get(value)),
      cotangent: (output = 0) => this.cotangent(node.outputs[output]),
      looseCotangent: (output = 0) => this.looseCotangent(node.outputs[output]),
      reached: (output) => this.#cotangents.has(node.outputs[output]),
      request: (output, dims) => {
        while (node.outputs.length <= output) node.outputs.push('');
        node.outputs[output] ||= emit.builder.fresh(node.op);
        emit.track(node.outputs[output], dims);
        return node.outputs[output];
      },
    };
  }
}
