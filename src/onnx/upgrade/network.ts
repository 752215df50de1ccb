/** Upgrades of layers: Softmax over flattened axes, inference forms of Dropout and BatchNormalization, changes of resolution. */
import { numberAttribute, numbersAttribute, textAttribute } from '../attributes.ts';
import type { Node } from '../graph.ts';
import { tensor } from '../graph.ts';
import type { Converter, Upgrade } from './converter.ts';
import { without } from './converter.ts';

const usesExtraOutputs = ({ node, used }: Upgrade): boolean => node.outputs.slice(1).some((name) => used.has(name));

/**
 * Before opset 13 Softmax flattened everything from `axis` on into one axis. Where only `axis` itself has more than one entry, the
 * newer form says the same; otherwise it is flattened and put back into shape.
 */
const softmax: Converter = ({ node, opset, builder, analysis }) => {
  if (opset >= 13) return node;
  const dims = analysis.shapes.get(node.inputs[0])?.dims;
  if (dims === undefined) return 'works on a value of unknown shape';
  const given = numberAttribute(node, 'axis', 1);
  const axis = given < 0 ? given + dims.length : given;
  if (dims.slice(axis + 1).every((dim) => dim === 1)) return { ...node, attributes: { axis } };
  const names = dims.filter((dim) => typeof dim === 'string');
  if (names.length > 1) return 'flattens axes of unknown size';
  const sizes = dims.map((dim) => (typeof dim === 'string' ? -1 : dim));
  const flat = builder.op('Flatten', [node.inputs[0]], { axis });
  const scores = builder.op(node.op, [flat], { axis: -1 });
  return { ...node, op: 'Reshape', inputs: [scores, builder.shape(...sizes)], attributes: {} };
};

/** For inference only: a Dropout that is not told to train passes its input on. */
const dropout: Converter = (upgrade) => {
  const { node, opset, builder } = upgrade;
  if (opset >= 12) return node;
  if (usesExtraOutputs(upgrade)) return 'is used for its mask';
  const ratio = builder.constant(tensor.scalar(numberAttribute(node, 'ratio', 0.5)), 'ratio');
  return { ...node, inputs: [node.inputs[0], ratio], outputs: [node.outputs[0]], attributes: {} };
};

const batchNormalization: Converter = (upgrade) => {
  const { node, opset } = upgrade;
  if (opset >= 14) return node;
  if (opset < 9 && numberAttribute(node, 'spatial', 1) !== 1) return 'normalises every pixel apart (spatial = 0)';
  if (usesExtraOutputs(upgrade)) return 'is used for its training statistics';
  const attributes = without(node.attributes, 'spatial', 'is_test', 'consumed_inputs');
  return { ...node, outputs: [node.outputs[0]], attributes };
};

/** ONNX Runtime's rule for the older forms: asymmetric coordinates, rounded down when enlarging and up when shrinking. */
function resize(node: Node, scales: readonly number[], { builder }: Upgrade): Node | string {
  const given = textAttribute(node, 'mode', 'nearest');
  const enlarges = scales.every((scale) => scale >= 1);
  if (given === 'nearest' && !enlarges && scales.some((scale) => scale > 1))
    return 'enlarges one axis and shrinks another';
  return {
    ...node,
    op: 'Resize',
    inputs: [node.inputs[0], '', builder.constant(tensor.float32([scales.length], scales), 'scales')],
    attributes: {
      mode: given === 'bilinear' ? 'linear' : given,
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: enlarges ? 'floor' : 'ceil',
    },
  };
}

const upsample: Converter = (upgrade) => {
  const { node, opset, analysis } = upgrade;
  const known = analysis.values.get(node.inputs[1] ?? '')?.elements;
  const scales =
    opset >= 9
      ? known?.map(Number)
      : opset >= 7
        ? numbersAttribute(node, 'scales')
        : [1, 1, numberAttribute(node, 'height_scale', 1), numberAttribute(node, 'width_scale', 1)];
  return scales ? resize(node, scales, upgrade) : 'takes scales that are not constant';
};

const resizeSince10: Converter = (upgrade) => {
  const { node, opset, builder, analysis } = upgrade;
  if (opset < 11) {
    const scales = analysis.values.get(node.inputs[1] ?? '')?.elements.map(Number);
    return scales ? resize(node, scales, upgrade) : 'takes scales that are not constant';
  }
  if (opset < 13 && node.attributes.coordinate_transformation_mode === 'tf_half_pixel_for_nn')
    return 'uses coordinates (tf_half_pixel_for_nn) that newer operator sets dropped';
  if (opset >= 13) return node;
  // Opset 11 asked for all inputs and took an empty tensor for an absent one.
  const { initializers } = builder.graph;
  const inputs = node.inputs.map((name) => (initializers.get(name)?.data.length === 0 ? '' : name));
  return { ...node, inputs };
};

export const network: Readonly<Record<string, Converter>> = {
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
  Dropout: dropout,
  BatchNormalization: batchNormalization,
  Upsample: upsample,
  Resize: resizeSince10,
};
