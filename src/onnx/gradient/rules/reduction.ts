/** Sums and means over axes. Their cotangents stay of size 1 along those axes: what comes before broadcasts. */
import { numberAttribute } from '../../attributes.ts';
import { elementCount } from '../../graph.ts';
import { axisOf, elementsOf } from '../constants.ts';
import { fixed } from '../dims.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { defineRule } from '../rule.ts';

function reducedAxes({ node, dims, constant }: RuleContext): number[] {
  const shape = dims(node.inputs[0]);
  const axes = constant(node.inputs[1]);
  if (axes && axes.data.length > 0) return elementsOf(axes).map((axis) => axisOf(axis, shape.length));
  return numberAttribute(node, 'noop_with_empty_axes', 0) === 1 ? [] : shape.map((_, axis) => axis);
}

const reduction = (op: 'ReduceSum' | 'ReduceMean', since: number[]): Rule =>
  defineRule({
    op,
    since,
    inert: [1],
    refuses: (context) => {
      const { node, dims, constant } = context;
      if (node.inputs[1] && !constant(node.inputs[1])) return 'the axes it reduces are not constants';
      const free = reducedAxes(context).find((axis) => typeof dims(node.inputs[0])[axis] === 'string');
      return free === undefined ? undefined : `it reduces axis ${free}, whose size is free (the batch?)`;
    },
    vjp: (context) => [
      () => {
        const { emit, node, dims, cotangent } = context;
        const shape = dims(node.inputs[0]);
        const axes = reducedAxes(context);
        const kept = emit.reshape(
          cotangent(),
          shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
        );
        if (op === 'ReduceSum') return kept;
        return emit.op('Mul', [kept, emit.scalar(1 / elementCount(fixed(axes.map((axis) => shape[axis]))))]);
      },
    ],
  });

export const reductions: Rule[] = [reduction('ReduceSum', [13]), reduction('ReduceMean', [18])];
