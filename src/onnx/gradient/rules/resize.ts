/** Resize by nearest or linear interpolation: a fixed linear map along each axis. */
import { numberAttribute, numbersAttribute, textAttribute } from '../../attributes.ts';
import type { AxisMap } from '../axis-map.ts';
import { isIdentity, pullAlong, reading } from '../axis-map.ts';
import { axisOf, elementsOf } from '../constants.ts';
import { isFixed } from '../dims.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { defineRule } from '../rule.ts';

const COORDINATES = ['half_pixel', 'pytorch_half_pixel', 'half_pixel_symmetric', 'align_corners', 'asymmetric'];

/** Where an output place lies between the input places (ONNX Resize, coordinate_transformation_mode). In float32, as the runtime computes it, so that rounding falls the same way. */
function coordinate(mode: string, place: number, input: number, output: number, scale: number): number {
  const f = Math.fround;
  const halfPixel = f(f(f(place + 0.5) / f(scale)) - 0.5);
  if (mode === 'asymmetric') return f(place / f(scale));
  if (mode === 'align_corners') return output > 1 ? f(f(place * (input - 1)) / f(output - 1)) : 0;
  if (mode === 'pytorch_half_pixel') return output > 1 ? halfPixel : 0;
  if (mode === 'half_pixel_symmetric') return f((input / 2) * (1 - output / (scale * input)) + halfPixel);
  return halfPixel;
}

const ROUNDING: Record<string, (place: number) => number> = {
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** The interpolation along each axis. */
function axisMaps({ node, dims, constant }: RuleContext): (AxisMap | undefined)[] {
  const input = dims(node.inputs[0]);
  const output = dims(node.outputs[0]);
  const axes =
    numbersAttribute(node, 'axes')?.map((axis) => axisOf(axis, input.length)) ?? input.map((_, axis) => axis);
  const scales = constant(node.inputs[2]);
  const mode = textAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const round = ROUNDING[textAttribute(node, 'nearest_mode', 'round_prefer_floor')];
  const linear = textAttribute(node, 'mode', 'nearest') === 'linear';
  return input.map((size, axis) => {
    const [from, to] = [size, output[axis]];
    if (typeof from !== 'number' || typeof to !== 'number') return undefined;
    const scale = scales && scales.data.length > 0 ? elementsOf(scales)[axes.indexOf(axis)] : to / from;
    if (scale === undefined || (scale === 1 && from === to)) return undefined;
    return Array.from({ length: to }, (_, place) => {
      const at = coordinate(mode, place, from, to, scale);
      if (!linear) return reading([Math.min(Math.max(round(at), 0), from - 1)], from)[0];
      const clamped = Math.min(Math.max(at, 0), from - 1);
      const low = Math.floor(clamped);
      const row = Array<number>(from).fill(0);
      row[low] += 1 - (clamped - low);
      row[Math.min(low + 1, from - 1)] += clamped - low;
      return row;
    });
  });
}

/** k where the map repeats every place k times. */
function repetition(map: AxisMap | undefined): number | undefined {
  if (map === undefined) return 1;
  const times = map.length / map[0].length;
  return map.every((row, place) => row[Math.floor(place / times)] === 1) && Number.isInteger(times) ? times : undefined;
}

export const resizing: Rule[] = [
  defineRule({
    op: 'Resize',
    since: [18, 19],
    inert: [1, 2, 3],
    refuses: ({ node, dims, constant }) => {
      const mode = textAttribute(node, 'mode', 'nearest');
      if (mode !== 'nearest' && mode !== 'linear') return `its mode ${mode} has no gradient rule`;
      const coordinates = textAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
      if (!COORDINATES.includes(coordinates)) return `its coordinates ${coordinates} have no gradient rule`;
      if (numberAttribute(node, 'antialias', 0) === 1) return 'it antialiases';
      if (textAttribute(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch') return 'it keeps the aspect ratio';
      if (node.inputs.slice(2).some((name) => name !== '' && !constant(name))) return 'its sizes are not constants';
      return [node.inputs[0], node.outputs[0]].every((name) => isFixed(dims(name).slice(1)))
        ? undefined
        : 'its input or output has no fixed size';
    },
    vjp: (context) => [
      () => {
        const { emit, node, dims, cotangent } = context;
        const shape = dims(node.inputs[0]);
        const maps = axisMaps(context);
        const times = maps.slice(2).map(repetition);
        const isImage = shape.length === 4 && maps.slice(0, 2).every((map) => map === undefined || isIdentity(map));
        if (isImage && times.every((count) => count !== undefined)) {
          // The sum over each block of repeated pixels.
          const mean = emit.op('AveragePool', [cotangent()], { kernel_shape: times, strides: times }, shape);
          return emit.op('Mul', [mean, emit.scalar(times[0] * times[1])]);
        }
        return maps.reduce<string>(
          (value, map, axis) => (map === undefined ? value : pullAlong(emit, value, axis, map)),
          cotangent(),
        );
      },
    ],
  }),
];
