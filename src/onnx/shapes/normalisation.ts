/** Normalisations: the shape stays, the parameters must have one value per channel. */
import { numberAttribute } from '../attributes.ts';
import { sameDim } from '../dim.ts';
import type { ShapeQuery, ShapeRules } from './rule.ts';

function requirePerChannel(query: ShapeQuery, parameters: readonly number[]): void {
  const channels = query.input(0).dims[1] ?? 1;
  for (const index of parameters) {
    const [length] = query.input(index).dims;
    if (length !== undefined && sameDim(length, channels) === false)
      throw query.problem(`its parameters are for ${length} channels, but its input has ${channels}`);
  }
}

export const normalisations: ShapeRules = {
  BatchNormalization: (query) => {
    requirePerChannel(query, [1, 2, 3, 4]);
    return [query.input(0), query.input(3), query.input(4), query.input(3), query.input(4)];
  },
  InstanceNormalization: (query) => {
    requirePerChannel(query, [1, 2]);
    return [query.input(0)];
  },
  GroupNormalization: (query) => [query.input(0)],
  LayerNormalization: (query) => {
    const { type, dims } = query.input(0);
    const axis = query.axis(numberAttribute(query.node, 'axis', -1), dims.length);
    const statistics = { type, dims: dims.map((dim, index) => (index < axis ? dim : 1)) };
    return [{ type, dims }, statistics, statistics];
  },
};
