/** Typed access to a node's attributes: ONNX's defaults at the call, and a sentence when a file holds the wrong kind. */
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import { elementTypeOf } from './element-type.ts';
import type { ElementType, Node, Tensor } from './graph.ts';
import { nodeLabel } from './graph.ts';

const wrongKind = (node: Node, name: string, expected: string): InputError =>
  new InputError(
    `${nodeLabel(node)}: attribute ${quote(name)} should be ${expected}.`,
    'Export the model again, or check it with onnx.checker.',
  );

/** A number, integer or floating point; `fallback` where the attribute is absent. */
export function numberAttribute(node: Node, name: string, fallback: number): number {
  const value = node.attributes[name] ?? fallback;
  if (typeof value !== 'number') throw wrongKind(node, name, 'a number');
  return value;
}

/** A list of numbers; undefined where the attribute is absent. */
export function numbersAttribute(node: Node, name: string): number[] | undefined {
  const value = node.attributes[name];
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrongKind(node, name, 'a list of numbers');
  return value.map((item) => {
    if (typeof item !== 'number') throw wrongKind(node, name, 'a list of numbers');
    return item;
  });
}

/** Text; `fallback` where the attribute is absent. */
export function textAttribute(node: Node, name: string, fallback: string): string {
  const value = node.attributes[name] ?? fallback;
  if (typeof value !== 'string') throw wrongKind(node, name, 'text');
  return value;
}

/** A tensor; undefined where the attribute is absent. */
export function tensorAttribute(node: Node, name: string): Tensor | undefined {
  const value = node.attributes[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || !('data' in value)) throw wrongKind(node, name, 'a tensor');
  return value;
}

const FLOAT_ATTRIBUTES = new Set(
  (
    'activation_alpha activation_beta alpha beta bias cubic_coeff_a epsilon extrapolation_value gamma high lambd low max mean min ' +
    'momentum norm_coefficient norm_coefficient_post ratio scale scales seed softcap spatial_scale threshold value value_float value_floats'
  ).split(' '),
);

/** Whether a plain number in this attribute is stored as floating point: by ONNX's standard, or because the file did. */
export const isFloatAttribute = (node: Node, name: string): boolean =>
  (node.domain === '' && FLOAT_ATTRIBUTES.has(name)) || (node.floatAttributes?.includes(name) ?? false);

const TYPE_NAMES: Readonly<Record<string, ElementType>> = {
  FLOAT: 'float32',
  DOUBLE: 'float64',
  FLOAT16: 'float16',
  INT64: 'int64',
  INT32: 'int32',
  INT8: 'int8',
  UINT8: 'uint8',
  BOOL: 'bool',
};

/** What a Cast makes: numbered since opset 6, named before. Undefined for types that the graph cannot hold. */
export function castType(node: Node): ElementType | undefined {
  const { to } = node.attributes;
  if (typeof to === 'string') return Object.hasOwn(TYPE_NAMES, to) ? TYPE_NAMES[to] : undefined;
  return elementTypeOf(numberAttribute(node, 'to', 0));
}
