/** Operators that exporters leave between a weight and its use, computed on constants. */
import { castType, numberAttribute, numbersAttribute } from './attributes.ts';
import { tensorOf } from './element-type.ts';
import type { Node, Tensor, TensorData } from './graph.ts';
import { elementCount } from './graph.ts';
import { ShapeQuery } from './shapes/rule.ts';
import { knownTensor } from './shapes/values.ts';
import { outputShapes } from './shapes.ts';

type Evaluation = (node: Node, inputs: readonly Tensor[], dims: number[]) => Tensor | undefined;

/** Row-major strides, 0 along axes that broadcasting repeats; for a result of `rank` axes. */
function broadcastStrides(dims: readonly number[], rank: number): number[] {
  const strides = Array.from({ length: rank }, () => 0);
  let stride = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    strides[axis + rank - dims.length] = dims[axis] === 1 ? 0 : stride;
    stride *= dims[axis];
  }
  return strides;
}

/** Calls `visit` with the offset into each operand, for every element of the result in order. */
function walk(
  dims: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (flat: number, offsets: number[]) => void,
) {
  const coordinates = dims.map(() => 0);
  const offsets = strides.map(() => 0);
  const count = elementCount(dims);
  for (let flat = 0; flat < count; flat++) {
    visit(flat, offsets);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      coordinates[axis]++;
      for (const [operand, steps] of strides.entries()) offsets[operand] += steps[axis];
      if (coordinates[axis] < dims[axis]) break;
      for (const [operand, steps] of strides.entries()) offsets[operand] -= steps[axis] * dims[axis];
      coordinates[axis] = 0;
    }
  }
}

function numbersOf(data: TensorData): Float64Array {
  const numbers = new Float64Array(data.length);
  for (let index = 0; index < data.length; index++) numbers[index] = Number(data[index]);
  return numbers;
}

/** Results are computed in float64 and rounded once, which is exact for + − × ÷ and √ of float32. */
const isReal = ({ type }: Tensor): boolean => type === 'float32' || type === 'float64';

const binary =
  (apply: (left: number, right: number) => number): Evaluation =>
  (_, [left, right], dims) => {
    if (!isReal(left) || left.type !== right.type) return undefined;
    const result = new Float64Array(elementCount(dims));
    walk(
      dims,
      [left, right].map((operand) => broadcastStrides(operand.dims, dims.length)),
      (flat, [a, b]) => {
        result[flat] = apply(Number(left.data[a]), Number(right.data[b]));
      },
    );
    return tensorOf(left.type, dims, result);
  };

const unary =
  (apply: (value: number) => number): Evaluation =>
  (_, [input], dims) =>
    isReal(input) ? tensorOf(input.type, dims, numbersOf(input.data).map(apply)) : undefined;

const sameData: Evaluation = (_, [input], dims) => ({ ...input, dims });

const EVALUATIONS: Readonly<Record<string, Evaluation>> = {
  Identity: sameData,
  Reshape: sameData,
  Flatten: sameData,
  Squeeze: sameData,
  Unsqueeze: sameData,
  Transpose: (node, [input], dims) => {
    const order = numbersAttribute(node, 'perm') ?? dims.map((_, axis) => dims.length - 1 - axis);
    const own = input.dims.map((_, axis) => elementCount(input.dims.slice(axis + 1)));
    const data = input.data.slice();
    walk(dims, [order.map((axis) => own[axis])], (flat, [offset]) => {
      data[flat] = input.data[offset];
    });
    return { type: input.type, dims, data };
  },
  Cast: (node, [input], dims) => {
    const type = castType(node);
    if (type === input.type) return input;
    const widening =
      (type === 'float64' && input.type === 'float32') || (type === 'float32' && input.type === 'float64');
    return widening ? tensorOf(type, dims, numbersOf(input.data)) : undefined;
  },
  Add: binary((left, right) => left + right),
  Sub: binary((left, right) => left - right),
  Mul: binary((left, right) => left * right),
  Div: binary((left, right) => left / right),
  Sqrt: unary(Math.sqrt),
  Neg: unary((value) => -value),
  Reciprocal: unary((value) => 1 / value),
  DequantizeLinear: (node, [input, scale, zero], dims) => {
    if (scale.type !== 'float32' || scale.dims.length > 1 || numberAttribute(node, 'block_size', 0) !== 0)
      return undefined;
    const axis = scale.data.length === 1 ? 0 : (numberAttribute(node, 'axis', 1) + dims.length) % dims.length;
    const inner = scale.data.length === 1 ? elementCount(dims) : elementCount(dims.slice(axis + 1));
    const data = Float32Array.from(numbersOf(input.data), (value, index) => {
      const channel = scale.data.length === 1 ? 0 : Math.floor(index / inner) % dims[axis];
      return (value - Number(zero?.data[channel] ?? 0)) * Number(scale.data[channel]);
    });
    return { type: 'float32', dims, data };
  },
};

/** The output of a node all of whose inputs are constants; undefined where it is not, or is not one of these operators. */
export function evaluate(node: Node, opset: number, initializers: ReadonlyMap<string, Tensor>): Tensor | undefined {
  if (node.domain !== '' || !Object.hasOwn(EVALUATIONS, node.op) || node.outputs.length !== 1) return undefined;
  const inputs = node.inputs.map((name) => initializers.get(name));
  if (inputs.length === 0 || !inputs.every((input) => input !== undefined)) return undefined;
  const shapes = new Map(node.inputs.map((name, index) => [name, inputs[index]]));
  const values = new Map(
    node.inputs.flatMap((name, index) => {
      const known = knownTensor(inputs[index]);
      return known ? [[name, known] as const] : [];
    }),
  );
  const dims = outputShapes(new ShapeQuery(node, opset, shapes, values, initializers))[0]?.dims;
  if (!dims?.every((dim) => typeof dim === 'number')) return undefined;
  return EVALUATIONS[node.op](node, inputs, dims);
}
