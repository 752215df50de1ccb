/** Operators that work element by element, with ONNX's (NumPy's) broadcasting where there are several inputs. */
import { castType, numberAttribute } from '../attributes.ts';
import { describeDims } from '../dim.ts';
import type { Dim } from '../graph.ts';
import type { Shape, ShapeQuery, ShapeRule, ShapeRules } from './rule.ts';

/** @throws InputError when two sizes that are not 1 differ */
export function broadcast(query: ShapeQuery, shapes: readonly (readonly Dim[])[]): Dim[] {
  const rank = Math.max(0, ...shapes.map((dims) => dims.length));
  const result: Dim[] = Array.from({ length: rank }, () => 1);
  for (const dims of shapes) {
    const offset = rank - dims.length;
    for (const [index, dim] of dims.entries()) {
      const other = result[offset + index];
      if (other === dim || dim === 1) continue;
      // A name meeting a size other than 1 can only stand for that size.
      if (other === 1 || (typeof other === 'string' && typeof dim === 'number')) result[offset + index] = dim;
      else if (typeof other === 'number' && typeof dim === 'number')
        throw query.problem(
          `shapes ${shapes.map(describeDims).join(' and ')} do not fit together (${other} against ${dim})`,
        );
    }
  }
  return result;
}

const same: ShapeRule = (query) => [query.input(0)];

const toBool: ShapeRule = (query) => [{ type: 'bool', dims: query.input(0).dims }];

/** Before opset 7, `broadcast: 1, axis: k` aligned the second input at axis k of the first. */
function alignedAtAxis(query: ShapeQuery): Shape | undefined {
  const axis = numberAttribute(query.node, 'axis', -1);
  return query.opset < 7 && axis >= 0 ? query.input(0) : undefined;
}

const arithmetic: ShapeRule = (query) => [
  alignedAtAxis(query) ?? {
    type: query.input(0).type,
    dims: broadcast(
      query,
      query.inputs().map(({ dims }) => dims),
    ),
  },
];

const comparison: ShapeRule = (query) => [{ type: 'bool', dims: arithmetic(query)[0]?.dims ?? [] }];

const dropout: ShapeRule = (query) => [query.input(0), { type: 'bool', dims: query.input(0).dims }];

export const elementwise: ShapeRules = {
  ...Object.fromEntries(
    (
      'Abs Acos Acosh Asin Asinh Atan Atanh Ceil Celu Clip Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish Hardmax Identity ' +
      'LeakyRelu Log LogSoftmax LpNormalization LRN MeanVarianceNormalization Mish Neg PRelu Reciprocal Relu Round Selu Shrink Sigmoid ' +
      'Sign Sin Sinh Softmax Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu CumSum Trilu BitwiseNot'
    )
      .split(' ')
      .map((op) => [op, same]),
  ),
  ...Object.fromEntries(
    'Add Sub Mul Div Pow Mod Min Max Sum Mean BitwiseAnd BitwiseOr BitwiseXor BitShift'
      .split(' ')
      .map((op) => [op, arithmetic]),
  ),
  ...Object.fromEntries(
    'Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor'.split(' ').map((op) => [op, comparison]),
  ),
  Not: toBool,
  IsNaN: toBool,
  IsInf: toBool,
  Dropout: dropout,
  Where: (query) => [
    {
      type: query.input(1).type,
      dims: broadcast(
        query,
        query.inputs().map(({ dims }) => dims),
      ),
    },
  ],
  Cast: (query) => {
    const type = castType(query.node);
    return [type && { type, dims: query.input(0).dims }];
  },
  CastLike: (query) => [{ type: query.input(1).type, dims: query.input(0).dims }],
};
