/** Rules of functions of one variable, from their derivative. */
import type { Rule, VjpContext } from './rule.ts';
import { defineRule } from './rule.ts';

/**
 * The rule for y = f(x), applied element by element; further inputs are parameters without a gradient.
 *
 * @param derivative builds f′ from the names of x and y
 */
export const pointwise = (
  op: string,
  since: readonly number[],
  derivative: (context: VjpContext, x: string, y: string) => string,
  ties?: string,
): Rule =>
  defineRule({
    op,
    since,
    ...(ties === undefined ? {} : { ties }),
    wrt: [0],
    vjp: (context) => {
      const { emit, node } = context;
      return [() => emit.op('Mul', [context.looseCotangent(), derivative(context, node.inputs[0], node.outputs[0])])];
    },
  });
