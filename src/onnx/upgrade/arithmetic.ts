/** Upgrades of element-by-element operators: explicit broadcasting, bounds in attributes, casts by name. */
import { castType, numberAttribute } from '../attributes.ts';
import { elementTypeCode } from '../element-type.ts';
import { tensor } from '../graph.ts';
import type { Converter, Upgrade } from './converter.ts';
import { withInput, without } from './converter.ts';

const rankOf = ({ node, analysis }: Upgrade, index: number): number | undefined =>
  analysis.shapes.get(node.inputs[index] ?? '')?.dims.length;

/** Before opset 7, `axis` said where the second operand's axes stand in the first's: trailing ones are added to align them. */
const broadcast: Converter = (upgrade) => {
  const { node, opset, builder } = upgrade;
  if (opset >= 7) return node;
  const attributes = without(node.attributes, 'broadcast', 'axis', 'consumed_inputs');
  const axis = node.attributes.axis;
  if (numberAttribute(node, 'broadcast', 0) !== 1 || typeof axis !== 'number') return { ...node, attributes };
  const [left, right] = [rankOf(upgrade, 0), rankOf(upgrade, 1)];
  if (left === undefined || right === undefined) return 'broadcasts along an axis of an input of unknown rank';
  const trailing = left - (axis < 0 ? axis + left : axis) - right;
  if (trailing <= 0) return { ...node, attributes };
  const axes = builder.shape(...Array.from({ length: trailing }, (_, index) => right + index));
  return { ...node, attributes, inputs: [node.inputs[0], builder.op('Unsqueeze', [node.inputs[1], axes])] };
};

/** Opset 6 and 1 kept the bounds in attributes. */
const clip: Converter = ({ node, opset, builder }) => {
  if (opset >= 11) return node;
  const { min, max } = node.attributes;
  let inputs = [node.inputs[0]];
  if (typeof min === 'number') inputs = withInput(inputs, 1, builder.constant(tensor.scalar(min), 'min'));
  if (typeof max === 'number') inputs = withInput(inputs, 2, builder.constant(tensor.scalar(max), 'max'));
  return { ...node, inputs, attributes: without(node.attributes, 'min', 'max', 'consumed_inputs') };
};

/** Before opset 6 the type was named, not numbered. */
const cast: Converter = ({ node }) => {
  if (typeof node.attributes.to !== 'string') return node;
  const type = castType(node);
  if (type === undefined) return 'casts to a type that Proofhouse cannot read';
  return { ...node, attributes: { to: elementTypeCode(type) } };
};

/** Before opset 7 a slope of one value per channel was not aligned with the channels by the usual rules. */
const prelu: Converter = (upgrade) => {
  const { node, opset, builder, analysis } = upgrade;
  if (opset >= 7) return node;
  const attributes = without(node.attributes, 'consumed_inputs');
  const rank = rankOf(upgrade, 0);
  const slope = analysis.shapes.get(node.inputs[1])?.dims;
  if (rank === undefined || slope === undefined) return 'has an input of unknown shape';
  if (slope.length !== 1 || slope[0] === 1 || rank <= 2) return { ...node, attributes };
  const axes = builder.shape(...Array.from({ length: rank - 2 }, (_, index) => index + 1));
  return { ...node, attributes, inputs: [node.inputs[0], builder.op('Unsqueeze', [node.inputs[1], axes])] };
};

/** Opset 1 let a runtime overwrite inputs. */
const withoutReuse: Converter = ({ node }) => ({ ...node, attributes: without(node.attributes, 'consumed_inputs') });

export const arithmetic: Readonly<Record<string, Converter>> = {
  ...Object.fromEntries('Add Sub Mul Div Pow And Or Xor Equal Greater Less'.split(' ').map((op) => [op, broadcast])),
  ...Object.fromEntries(
    'Abs Ceil Elu Exp Floor HardSigmoid InstanceNormalization LeakyRelu Log Max Mean Min Neg Reciprocal Relu Selu Sigmoid Sqrt Sum Tanh'
      .split(' ')
      .map((op) => [op, withoutReuse]),
  ),
  Clip: clip,
  Cast: cast,
  PRelu: prelu,
};
