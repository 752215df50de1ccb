/** Activations, elementary functions and arithmetic against central differences, and the sub-gradient each states at its kinks. */
import { describe, expect, test } from 'vitest';
import type { Attribute, Graph, GraphBuilder } from '../../src/onnx/graph.ts';
import { tensor } from '../../src/onnx/graph.ts';
import { checkGradient, Draw, evaluate, gradientGraph, graphOf, open, single } from './harness.ts';

const SHAPE = ['N', 3, 4, 5];
const COUNT = 2 * 3 * 4 * 5;

/** d y / dx at the given points, one by one. */
async function slopesAt(graph: Graph, points: number[]): Promise<number[]> {
  const derived = gradientGraph(graph);
  const dims = [points.length];
  const results = await evaluate(await open(derived.graph), {
    x: { dims, data: Float32Array.from(points) },
    cotangent: { dims, data: new Float32Array(points.length).fill(1) },
  });
  return [...results[derived.gradient].data];
}

const scalars = (...values: (number | undefined)[]) =>
  values.map((value) => (value === undefined ? undefined : tensor.scalar(value)));

describe('piecewise linear: differences that cross no kink are exact', () => {
  const cases: [op: string, attributes: Record<string, Attribute>, constants?: ReturnType<typeof scalars>][] = [
    ['Relu', {}],
    ['LeakyRelu', { alpha: 0.2 }],
    ['LeakyRelu', { alpha: -0.5 }],
    ['LeakyRelu', { alpha: 1.5 }],
    ['PRelu', {}, [tensor.float32([3, 1, 1], [0.1, -0.3, 2])]],
    ['Clip', {}, scalars(-1, 2)],
    ['Clip', {}, scalars(undefined, 1.5)],
    ['Clip', {}, scalars(-0.5)],
    ['Clip', {}],
    ['HardSigmoid', {}],
    ['HardSigmoid', { alpha: 0.5, beta: 0.25 }],
    ['Abs', {}],
    ['Neg', {}],
    ['Identity', {}],
    ['Dropout', {}],
    ['Cast', { to: 1 }],
    ['Max', {}, scalars(0.7)],
    ['Min', {}, scalars(0.7)],
  ];
  test.each(cases)('%s %j', async (op, attributes, constants) => {
    // Kinks lie at multiples of 0.05 plus a half step away from every point.
    const at = new Draw(3).spaced([COUNT], 0.1).map((value) => value + 0.01);
    await checkGradient(single(op, SHAPE, constants, attributes), { at, step: 0.005 });
  });
});

describe('smooth', () => {
  const cases: [op: string, attributes?: Record<string, Attribute>, domain?: 'positive' | 'apart'][] = [
    ['Sigmoid'],
    ['Tanh'],
    ['Softplus'],
    ['Erf'],
    ['Exp'],
    ['Gelu'],
    ['Gelu', { approximate: 'tanh' }],
    ['Log', {}, 'positive'],
    ['Sqrt', {}, 'positive'],
    ['Reciprocal', {}, 'positive'],
    ['Elu', { alpha: 1 }, 'apart'],
    ['Elu', { alpha: 0.3 }, 'apart'],
    ['HardSwish', {}, 'apart'],
  ];
  test.each(cases)('%s %j', async (op, attributes, domain) => {
    const draw = new Draw(5);
    let at: Float32Array = Float32Array.from({ length: COUNT }, () => draw.normal());
    if (domain === 'positive') at = at.map((value) => 0.5 + Math.abs(value));
    // HardSwish bends at ±3 and Elu at 0: all points lie 0.05 from the multiples of 0.1.
    if (domain === 'apart') at = draw.spaced([COUNT], 0.1);
    await checkGradient(single(op, SHAPE, [], attributes), { at, step: 1e-2, tolerance: 1e-3 });
  });

  test('Pow by constants, broadcast', async () => {
    const at = new Draw(6).normals([COUNT]).data.map((value) => 0.5 + Math.abs(value));
    for (const exponent of [tensor.scalar(2), tensor.scalar(0.5), tensor.float32([3, 1, 1], [3, -1, 1.5])])
      await checkGradient(single('Pow', SHAPE, [exponent]), { at });
  });
});

const other = () => new Draw(7).normals([3, 1, 5]);
const pooledGate = (b: GraphBuilder) => b.op('Exp', [b.op('GlobalAveragePool', ['x'])]);

describe('arithmetic', () => {
  test.each(['Add', 'Sub', 'Mul', 'Div'])('%s with a broadcast constant on either side', async (op) => {
    const at = new Draw(8).normals([COUNT]).data.map((value) => 1 + Math.abs(value));
    await checkGradient(single(op, SHAPE, [other()]), { at });
    await checkGradient(
      graphOf(SHAPE, (b) => b.op(op, [b.constant(other()), 'x'])),
      { at },
    );
  });

  test.each(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Sum', 'Mean'])(
    '%s sums a cotangent over the axes along which an operand was broadcast',
    async (op) => {
      await checkGradient(
        graphOf(SHAPE, (b) => b.op(op, [b.op('Exp', ['x']), pooledGate(b)])),
        { step: 2e-3 },
      );
      await checkGradient(
        graphOf(SHAPE, (b) => b.op(op, [pooledGate(b), b.op('Exp', ['x'])])),
        { step: 2e-3 },
      );
    },
  );

  test('an operand of lower rank', async () => {
    const graph = graphOf([3, 4], (b) => b.op('Mul', [b.op('Reshape', ['x', b.shape(4, 3, 1)]), 'x']));
    await checkGradient(graph, { step: 1e-3 });
  });

  test('a loose cotangent counts once for every element it stands for', async () => {
    // mean(gate + x) by a global pool, whose cotangent has size 1 where gate was repeated.
    const graph = graphOf(SHAPE, (b) => {
      const gate = b.op('Exp', [b.op('GlobalAveragePool', ['x'])]);
      return b.op('GlobalAveragePool', [b.op('Add', [gate, 'x'])]);
    });
    await checkGradient(graph);
  });

  test('a value used several times accumulates', async () => {
    expect(
      await slopesAt(
        graphOf([3], (b) => b.op('Mul', ['x', b.op('Mul', ['x', 'x'])])),
        [1, 2, -3],
      ),
    ).toEqual([3, 12, 27]);
  });
});

const slope = (op: string, points: number[], attributes = {}, ...bounds: number[]) =>
  slopesAt(single(op, [points.length], scalars(...bounds), attributes), points);

describe('the sub-gradient at ties', () => {
  test('Relu: 0 at 0, for both zeros', async () => {
    expect(await slope('Relu', [0, -0, 1e-30, -1e-30])).toEqual([0, 0, 1, 0]);
  });
  test('LeakyRelu and PRelu: the slope at 0', async () => {
    expect(await slope('LeakyRelu', [0, 1], { alpha: 0.25 })).toEqual([0.25, 1]);
    expect(await slope('PRelu', [0, 1], {}, 0.25)).toEqual([0.25, 1]);
  });
  test('Elu: alpha at 0', async () => {
    expect(await slope('Elu', [0, 1], { alpha: 0.5 })).toEqual([0.5, 1]);
  });
  test('Clip: 0 at the bounds', async () => {
    expect(await slope('Clip', [0, 3, 6, 7], {}, 0, 6)).toEqual([0, 1, 0, 0]);
  });
  test('HardSigmoid: 0 at both bends', async () => {
    expect(await slope('HardSigmoid', [-1, 0, 1], { alpha: 0.5, beta: 0.5 })).toEqual([0, 0.5, 0]);
  });
  test('HardSwish: 0 at −3, 1 at 3', async () => {
    expect(await slope('HardSwish', [-3, 0, 3])).toEqual([0, 0.5, 1]);
  });
  test('Abs: 0 at 0', async () => {
    expect(await slope('Abs', [0, 2, -2])).toEqual([0, 1, -1]);
  });
  test.each(['Max', 'Min'])('%s: all to the first operand', async (op) => {
    expect(await slope(op, [2], {}, 2)).toEqual([1]);
    expect(
      await slopesAt(
        graphOf([1], (b) => b.op(op, [b.scalar(2), 'x'])),
        [2],
      ),
    ).toEqual([0]);
  });
});

test('masks at the ends of the number range', async () => {
  // 3e38·x overflows for large x and falls short of 1 only for denormals below 3.3e-39.
  const points = [1e38, Number.POSITIVE_INFINITY, 4e-39, -1e38, Number.NEGATIVE_INFINITY];
  expect(await slopesAt(single('Relu', [5]), points)).toEqual([1, 1, 1, 0, 0]);
});
