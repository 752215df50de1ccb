/** Upgrades of operators that move or select elements: what stood in attributes became inputs. */
import { numberAttribute, numbersAttribute } from '../attributes.ts';
import { tensor } from '../graph.ts';
import type { Converter } from './converter.ts';
import { attributeToInput, withInput, without } from './converter.ts';

const axesInput: Converter = (upgrade) => (upgrade.opset < 13 ? attributeToInput(upgrade, 'axes', 1) : upgrade.node);

const reduction: Converter = (upgrade) => (upgrade.opset < 18 ? attributeToInput(upgrade, 'axes', 1) : upgrade.node);

const slice: Converter = ({ node, opset, builder }) => {
  if (opset >= 10) return node;
  const [starts, ends, axes] = ['starts', 'ends', 'axes'].map((name) => numbersAttribute(node, name));
  if (!starts || !ends) return 'has no starts or no ends';
  const inputs = [
    node.inputs[0],
    builder.shape(...starts),
    builder.shape(...ends),
    ...(axes ? [builder.shape(...axes)] : []),
  ];
  return { ...node, inputs, attributes: {} };
};

const pad: Converter = ({ node, opset, builder }) => {
  if (opset >= 11) return node;
  const pads = numbersAttribute(node, opset < 2 ? 'paddings' : 'pads');
  if (!pads) return 'has no pads';
  const value = builder.constant(tensor.scalar(numberAttribute(node, 'value', 0)), 'value');
  return {
    ...node,
    inputs: [node.inputs[0], builder.shape(...pads), value],
    attributes: without(node.attributes, 'pads', 'paddings', 'value'),
  };
};

/** Equal parts have had to be counted since opset 18. */
const split: Converter = (upgrade) => {
  if (upgrade.opset >= 18) return upgrade.node;
  const node = upgrade.opset < 13 ? attributeToInput(upgrade, 'split', 1) : upgrade.node;
  if (node.inputs.length > 1 && node.inputs[1] !== '') return node;
  return { ...node, attributes: { ...node.attributes, num_outputs: node.outputs.length } };
};

const topK: Converter = ({ node, opset, builder }) => {
  if (opset >= 10) return node;
  const count = builder.shape(numberAttribute(node, 'k', 1));
  return { ...node, inputs: withInput(node.inputs, 1, count), attributes: without(node.attributes, 'k') };
};

const reshape: Converter = (upgrade) => {
  if (upgrade.opset >= 5) return upgrade.node;
  const node = attributeToInput(upgrade, 'shape', 1);
  return { ...node, attributes: without(node.attributes, 'consumed_inputs') };
};

const concat: Converter = ({ node, opset }) =>
  opset < 4 ? { ...node, attributes: { axis: numberAttribute(node, 'axis', 1) } } : node;

const scatter: Converter = ({ node }) => ({ ...node, op: 'ScatterElements' });

const tile: Converter = ({ node, opset }) => (opset < 6 ? 'repeats along one axis in the way of opset 1' : node);

export const layout: Readonly<Record<string, Converter>> = {
  Squeeze: axesInput,
  Unsqueeze: axesInput,
  ReduceSum: axesInput,
  ...Object.fromEntries(
    'L1 L2 LogSum LogSumExp Max Mean Min Prod SumSquare'.split(' ').map((kind) => [`Reduce${kind}`, reduction]),
  ),
  Slice: slice,
  Pad: pad,
  Split: split,
  TopK: topK,
  Reshape: reshape,
  Concat: concat,
  Scatter: scatter,
  Tile: tile,
};
