/** Conversions between floating point and quantised integers. */
import { numberAttribute } from '../attributes.ts';
import { elementTypeOf } from '../element-type.ts';
import type { ShapeRules } from './rule.ts';

export const quantisation: ShapeRules = {
  QuantizeLinear: (query) => {
    const declared = elementTypeOf(numberAttribute(query.node, 'output_dtype', 0));
    const type = query.has(2) ? query.input(2).type : (declared ?? 'uint8');
    return [{ type, dims: query.input(0).dims }];
  },
  DequantizeLinear: (query) => [{ type: query.input(1).type, dims: query.input(0).dims }],
  DynamicQuantizeLinear: (query) => [
    { type: 'uint8', dims: query.input(0).dims },
    { type: 'float32', dims: [] },
    { type: 'uint8', dims: [] },
  ],
};
