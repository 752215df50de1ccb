/** Output sizes of sliding windows, against ONNX Runtime over random attributes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attribute } from '../../src/onnx/graph.ts';
import { tensor } from '../../src/onnx/graph.ts';
import { inferShapes } from '../../src/onnx/shapes.ts';
import { slidingWindow } from '../../src/onnx/window.ts';
import { build, numbers, run } from './models.ts';

const pair = (least: number, most: number) =>
  fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }));

const attributes = fc.record({
  size: pair(1, 15),
  kernel: pair(1, 5),
  strides: pair(1, 4),
  dilations: pair(1, 3),
  pads: fc.tuple(pair(0, 3), pair(0, 3)),
  autoPad: fc.constantFrom('NOTSET', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
  ceil: fc.boolean(),
});

interface Attributes {
  size: readonly number[];
  kernel: readonly number[];
  strides: readonly number[];
  dilations: readonly number[];
  pads: readonly (readonly number[])[];
  autoPad: string;
}

function nodeAttributes({ kernel, strides, dilations, pads, autoPad }: Attributes): Record<string, Attribute> {
  const padding: Record<string, Attribute> = autoPad === 'NOTSET' ? { pads: pads.flat() } : {};
  return { kernel_shape: [...kernel], strides: [...strides], dilations: [...dilations], auto_pad: autoPad, ...padding };
}

/** Inferred dimensions, or why there are none; and what ONNX Runtime makes. */
async function compare(op: string, given: Attributes, extra: Record<string, Attribute>) {
  const { size, kernel } = given;
  const graph = build([{ name: 'x', type: 'float32', dims: ['N', 2, ...size] }], (builder) => {
    const weight = op.startsWith('Conv')
      ? [builder.constant(tensor.float32([2, 2, ...kernel], new Float32Array(4 * kernel[0] * kernel[1])))]
      : [];
    return builder.op(op, ['x', ...weight], { ...nodeAttributes(given), ...extra });
  });
  const [{ name }] = graph.outputs;
  const data = numbers(4 * size[0] * size[1]);
  const actual = await run(graph, { x: { dims: [2, 2, ...size], data } }).then(
    (results) => (results[name].dims.includes(0) ? 'refused' : results[name].dims),
    () => 'refused',
  );
  let inferred: (number | string)[] | 'refused';
  try {
    inferred = (inferShapes(graph).get(name)?.dims ?? []).map((dim) => (dim === 'N' ? 2 : dim));
  } catch {
    inferred = 'refused';
  }
  return { inferred, actual };
}

const node = (attributesOfNode: Record<string, Attribute>) => ({
  op: 'MaxPool',
  domain: '',
  name: 'pool',
  inputs: ['x'],
  outputs: ['y'],
  attributes: attributesOfNode,
});

/** Where ONNX Runtime gives an empty image, or none, there is nothing to compare. */
function expectSame({ inferred, actual }: Awaited<ReturnType<typeof compare>>): void {
  if (actual !== 'refused') expect(inferred).toEqual(actual);
}

describe('window sizes', () => {
  it('of Conv are those of ONNX Runtime', async () => {
    await fc.assert(
      fc.asyncProperty(attributes, async (given) => {
        expectSame(await compare('Conv', given, {}));
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it('of MaxPool and AveragePool are those of ONNX Runtime, rounded down or up', async () => {
    await fc.assert(
      fc.asyncProperty(attributes, fc.constantFrom('MaxPool', 'AveragePool'), async (given, op) => {
        // ONNX Runtime rounds towards zero where the window is larger than the image, and reads beyond it.
        fc.pre(given.size.every((size, i) => given.dilations[i] * (given.kernel[i] - 1) < size));
        // And it pads a dilated pool by less than nothing where SAME meets a stride.
        const undilated =
          op === 'AveragePool' || (given.autoPad.startsWith('SAME') && given.strides.some((stride) => stride > 1));
        const plain = undilated ? { ...given, dilations: [1, 1] } : given;
        const shallow = (pads: readonly number[]) => pads.map((p, i) => Math.min(p, plain.kernel[i] - 1));
        const smaller = {
          ...plain,
          pads: [shallow(plain.pads[0]), shallow(plain.pads[1])],
        };
        const graphAttributes = { ceil_mode: Number(given.ceil && given.autoPad === 'NOTSET') };
        expectSame(await compare(op, smaller, graphAttributes));
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('of ConvTranspose are those of ONNX Runtime', async () => {
    await fc.assert(
      fc.asyncProperty(attributes, pair(0, 1), async (given, extra) => {
        const fits = extra.map((value, axis) => Math.min(value, given.strides[axis] - 1));
        expectSame(await compare('ConvTranspose', given, { output_padding: fits }));
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it('keep a size that is a name where the window keeps sizes, and name it alike otherwise', () => {
    expect(slidingWindow(node({ pads: [1, 1, 1, 1] }), ['H', 'W'], [3, 3]).output).toEqual(['H', 'W']);
    const halved = slidingWindow(node({ pads: [1, 1, 1, 1], strides: [2, 2] }), ['H', 'H'], [3, 3]).output;
    expect(halved[0]).toBe(halved[1]);
    expect(typeof halved[0]).toBe('string');
  });

  it('explain a kernel that is larger than the image', () => {
    expect(() => slidingWindow(node({}), [4, 4], [7, 7])).toThrow(/"pool".*7 pixels.*4 and padding 0 \+ 0/);
  });

  it('refuse attributes of another rank', () => {
    expect(() => slidingWindow(node({ strides: [1] }), [4, 4], [3, 3])).toThrow(/strides has 1 values where 2/);
  });
});
