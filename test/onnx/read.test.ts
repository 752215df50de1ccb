/** Every way a model file can be bad has its sentence; what older and newer exporters do is understood. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import type { Graph, Node, Tensor } from '../../src/onnx/graph.ts';
import { emptyGraph, tensor } from '../../src/onnx/graph.ts';
import {
  create,
  DataLocation,
  decodeModel,
  encodeModel,
  type ModelProto,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from '../../src/onnx/proto.ts';
import { readModel } from '../../src/onnx/read.ts';
import { inferShapes } from '../../src/onnx/shapes.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { build, numbers, run } from './models.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofhouse-read-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function readBytes(bytes: Uint8Array, name = 'model.onnx'): Promise<Graph> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return readModel(path);
}

/** A graph changed at the protobuf level, as only another exporter would write it. */
function edited(graph: Graph, change: (model: ModelProto) => void): Uint8Array {
  const model = decodeModel(writeModel(graph));
  change(model);
  return encodeModel(model);
}

const linear = (weight: Tensor = tensor.float32([3, 2], numbers(6))): Graph =>
  build([{ name: 'x', type: 'float32', dims: ['N', 3] }], (builder) =>
    builder.op('MatMul', ['x', builder.constant(weight, 'weight')]),
  );

async function refused(bytes: Uint8Array, message: RegExp): Promise<void> {
  const error = await readBytes(bytes).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InputError);
  expect(String(error)).toMatch(message);
}

describe('a bad model file', () => {
  it('that is missing, a folder, or no path at all', async () => {
    await expect(readModel(join(folder, 'none.onnx'))).rejects.toThrow(/none\.onnx" does not exist/);
    await expect(readModel(folder)).rejects.toThrow(/is a folder/);
    await expect(readModel('a\0b')).rejects.toThrow(InputError);
  });

  it('that is empty, although it parses', () => refused(new Uint8Array(), /is empty/));

  it('that is empty but for its version', () =>
    refused(
      edited(linear(), (model) => delete model.graph),
      /holds no network/,
    ));

  it('that is random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        await expect(readBytes(bytes)).rejects.toThrow(InputError);
      }),
      { numRuns: 100, seed: 5 },
    );
  });

  it('that was cut short anywhere', async () => {
    const whole = writeModel(linear());
    for (let length = 0; length < whole.length; length += 7)
      await expect(readBytes(whole.subarray(0, length))).rejects.toThrow(InputError);
  });

  it('whose weights hold NaN or an infinity', async () => {
    const weight = Float32Array.of(0, 1, 2, Number.NaN, 4, 5);
    await refused(writeModel(linear(tensor.float32([3, 2], weight))), /"weight_ph0" holds NaN at position 3/);
    weight[3] = Number.NEGATIVE_INFINITY;
    await refused(writeModel(linear(tensor.float32([3, 2], weight))), /holds -Infinity/);
    const half: Tensor = { type: 'float16', dims: [1], data: Uint16Array.of(0x7e00) };
    const graph = linear();
    graph.initializers.set('half', half);
    await refused(writeModel(graph), /"half" holds a number that is not finite/);
  });

  it('whose infinities are bounds is fine', async () => {
    const graph = build([{ name: 'x', type: 'float32', dims: ['N', 3] }], (builder) =>
      builder.op('Clip', ['x', builder.scalar(0), builder.scalar(Number.POSITIVE_INFINITY)]),
    );
    await expect(readBytes(writeModel(graph))).resolves.toBeDefined();
  });

  it('whose tensor does not fill its shape', () =>
    refused(
      edited(linear(), ({ graph }) => {
        graph!.initializer[0].dims = [4n, 2n];
      }),
      /has 24 bytes, but \[4, 2\] of float32 needs 32/,
    ));

  it('with a tensor type that the graph cannot hold', () =>
    refused(
      edited(linear(), ({ graph }) => {
        graph!.initializer[0].dataType = 16;
      }),
      /initializer "weight_ph0" has element type 16/,
    ));

  it('whose nodes read what nothing makes, or themselves', async () => {
    await refused(
      edited(linear(), ({ graph }) => {
        graph!.node[0].input[0] = 'nowhere';
      }),
      /reads "nowhere", which nothing makes/,
    );
    await refused(
      edited(linear(), ({ graph }) => {
        graph!.node[0].input[0] = graph!.node[0].output[0];
      }),
      /depends on its own output/,
    );
  });

  it('shows names from the file without obeying them', async () => {
    const name = '\u001b[31m<script>\n\u202e';
    const graph = linear(tensor.float32([1], [Number.NaN]));
    graph.initializers = new Map([[name, tensor.float32([1], [Number.NaN])]]);
    graph.nodes[0].inputs[1] = name;
    const error = await readBytes(writeModel(graph)).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('"\\u001b[31m<script>\\n\\u{202e}"');
  });
});

/** A model that keeps its only weight outside. */
const outside = (entries: Record<string, string>) =>
  edited(linear(), ({ graph }) => {
    const [weight] = graph!.initializer;
    weight.rawData = new Uint8Array();
    weight.dataLocation = DataLocation.EXTERNAL;
    weight.externalData = Object.entries(entries).map(([key, value]) => ({
      $typeName: 'onnx.StringStringEntryProto',
      key,
      value,
    }));
  });

describe('external data', () => {
  it('is read from beside the model, from its offset on', async () => {
    await mkdir(join(folder, 'weights'), { recursive: true });
    const bytes = new Uint8Array(5 + 24 + 3);
    bytes.set(new Uint8Array(numbers(6).buffer), 5);
    await writeFile(join(folder, 'weights', 'w.bin'), bytes);
    const graph = await readBytes(outside({ location: 'weights/w.bin', offset: '5', length: '24' }));
    const { weightFiles, ...rest } = graph;
    expect(rest).toEqual(await readBytes(writeModel(linear())));
    expect(weightFiles).toEqual([join(folder, 'weights', 'w.bin')]);
  });

  it.each(['/etc/passwd', '../w.bin', 'weights/../../w.bin', '..\\w.bin', 'C:\\w.bin', ''])(
    'is not opened outside the model’s folder: %s',
    async (location) => {
      await expect(readBytes(outside({ location }))).rejects.toThrow(/not inside the model's own folder/);
    },
  );

  it('names a file that is missing, and one that is too short', async () => {
    await expect(readBytes(outside({ location: 'gone.bin' }))).rejects.toThrow(/"weight_ph0" in "gone\.bin"/);
    await writeFile(join(folder, 'short.bin'), new Uint8Array(10));
    await expect(readBytes(outside({ location: 'short.bin', length: '24' }))).rejects.toThrow(
      /bytes 0 to 24 of "short\.bin", which has 10/,
    );
  });
});

/** A subgraph that takes x from outside. */
const branch = (op: string): Graph => ({
  ...emptyGraph(op),
  nodes: [{ op, domain: '', name: '', inputs: ['x'], outputs: [`${op} of x`], attributes: {} }],
  outputs: [{ name: `${op} of x`, type: 'float32', dims: [], undeclared: 'shape' }],
});

describe('exporters’ habits', () => {
  it('initializers repeated among the inputs are no inputs', async () => {
    const bytes = edited(linear(), ({ graph }) => {
      graph!.input.push(create(ValueInfoProtoSchema, { name: 'weight_ph0' }));
    });
    expect((await readBytes(bytes)).inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('Constant nodes become initializers', async () => {
    const graph = linear();
    const constant: Node = {
      op: 'Constant',
      domain: '',
      name: '',
      inputs: [],
      outputs: ['two'],
      attributes: { value_float: 2 },
    };
    const scaled: Node = {
      op: 'Mul',
      domain: '',
      name: '',
      inputs: [graph.outputs[0].name, 'two'],
      outputs: ['y'],
      attributes: {},
    };
    graph.nodes.push(constant, scaled);
    graph.outputs[0] = { ...graph.outputs[0], name: 'y' };
    const read = await readBytes(writeModel(graph));
    expect(read.nodes.map(({ op }) => op)).toEqual(['MatMul', 'Mul']);
    expect(read.initializers.get('two')).toEqual(tensor.scalar(2));
  });

  it('nodes out of order are put in order', async () => {
    const graph = build([{ name: 'x', type: 'float32', dims: ['N', 3] }], (builder) =>
      builder.op('Relu', [builder.op('Neg', ['x'])]),
    );
    graph.nodes.reverse();
    expect((await readBytes(writeModel(graph))).nodes.map(({ op }) => op)).toEqual(['Neg', 'Relu']);
  });

  it('weights in typed fields are the same as raw ones', async () => {
    const bytes = edited(linear(), ({ graph }) => {
      const [weight] = graph!.initializer;
      graph!.initializer[0] = create(TensorProtoSchema, {
        ...weight,
        rawData: new Uint8Array(),
        floatData: [...numbers(6)],
      });
    });
    expect((await readBytes(bytes)).initializers).toEqual(linear().initializers);
  });

  it('"to the end" in a Slice attribute stays an integer that ONNX Runtime takes', async () => {
    const graph = build(
      [{ name: 'x', type: 'float32', dims: ['N', 5] }],
      (builder) => builder.op('Slice', ['x'], { axes: [1], starts: [2], ends: [Number.MAX_SAFE_INTEGER] }),
      9,
    );
    const bytes = edited(graph, ({ graph: proto }) => {
      proto!.node[0].attribute.find(({ name }) => name === 'ends')!.ints = [2n ** 63n - 1n];
    });
    const read = await readBytes(bytes);
    const [{ name }] = read.outputs;
    expect(inferShapes(read).get(name)?.dims).toEqual(['N', 3]);
    const results = await run(writeModel(read), { x: { dims: [2, 5], data: numbers(10) } });
    expect(results[name].dims).toEqual([2, 3]);
  });

  it('subgraphs are read, written and run', async () => {
    const graph = build([{ name: 'x', type: 'float32', dims: ['N', 3] }], (builder) => {
      const mean = builder.op('ReduceMean', ['x'], { keepdims: 0 });
      const condition = builder.op('Greater', [mean, builder.scalar(0)]);
      return builder.op('If', [condition], { then_branch: branch('Neg'), else_branch: branch('Abs') });
    });
    const read = await readBytes(writeModel(graph));
    expect(read.nodes.map(({ op }) => op)).toEqual(['ReduceMean', 'Greater', 'If']);
    expect(inferShapes(read).has(read.outputs[0].name)).toBe(false);
    const data = Float32Array.of(1, 2, 3);
    const results = await run(writeModel(read), { x: { dims: [1, 3], data } });
    expect(results[read.outputs[0].name].data).toEqual(Float32Array.of(-1, -2, -3));
  });

  it('an attribute of a foreign operator keeps its kind', async () => {
    const graph = linear();
    graph.domains = { 'com.example': 1 };
    const attributes = { gain: 2, taps: [1, 2], label: 'a', steps: 3 };
    graph.nodes.push({
      op: 'Custom',
      domain: 'com.example',
      name: 'c',
      inputs: ['x'],
      outputs: ['y'],
      attributes,
      floatAttributes: ['gain', 'taps'],
    });
    graph.outputs.push({ name: 'y', type: 'float32', dims: [], undeclared: 'shape' });
    const bytes = writeModel(graph);
    const [, custom] = decodeModel(bytes).graph!.node;
    expect(custom.attribute.map(({ type }) => type)).toEqual([1, 6, 3, 2]);
    expect((await readBytes(bytes)).nodes).toEqual(graph.nodes);
  });
});
