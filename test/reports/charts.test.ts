/** Geometry of the drawings: marks lie where their numbers say. */
import fc from 'fast-check';
import type { Detail, GateResult } from 'proofhouse/plugin';
import { describe, expect, test } from 'vitest';
import { curvesView } from '../../reports/html/charts/curves.ts';
import { forestView } from '../../reports/html/charts/forest.ts';
import { intervalView } from '../../reports/html/charts/interval.ts';
import { stepsView } from '../../reports/html/charts/steps.ts';
import { modelTags } from '../../reports/html/look.ts';
import { gateResult } from '../support/gate-result.ts';

const tags = modelTags(['standard', 'hardened']);
const unit = fc.double({ min: 0, max: 1, noNaN: true });

const gate = (rest: Partial<GateResult>) => gateResult({ threshold: 0.4, measured: 0.5, ...rest });

describe('a gate’s bar', () => {
  test('keeps the order of its numbers, within the track', () => {
    fc.assert(
      fc.property(
        fc.array(unit, { minLength: 3, maxLength: 3 }),
        unit,
        fc.constantFrom('floor', 'ceiling'),
        (values, threshold, kind) => {
          const [low, measured, high] = values.toSorted((a, b) => a - b);
          const bar = intervalView(gate({ kind, threshold, low, measured, high }), 'proportion');
          const order = [bar.start, bar.low ?? -1, bar.value ?? -1, bar.high ?? -1, bar.end];
          expect(order).toEqual(order.toSorted((a, b) => a - b));
          // Nothing nearer than the rounding of coordinates decides a side.
          if (measured > threshold + 1e-3) expect(bar.value).toBeGreaterThan(bar.threshold);
          if (measured < threshold - 1e-3) expect(bar.value).toBeLessThan(bar.threshold);
          expect(bar.pass.x + bar.pass.width).toBeCloseTo(kind === 'floor' ? bar.end : bar.threshold, 6);
          expect(bar.pass.x).toBeCloseTo(kind === 'floor' ? bar.threshold : bar.start, 6);
        },
      ),
    );
  });

  test('draws no value that was not measured, and survives numbers that are none', () => {
    for (const measured of [null, Number.NaN, Number.POSITIVE_INFINITY])
      expect(intervalView(gate({ measured }), 'proportion')).toMatchObject({ known: false, interval: false });
    expect(Number.isFinite(intervalView(gate({ threshold: Number.NaN, measured: null }), 'number').threshold)).toBe(
      true,
    );
  });
});

const curves = (
  points: { x: number; xText?: string; y: number | null; low?: number; high?: number }[],
): Extract<Detail, { type: 'curves' }> => ({
  type: 'curves',
  title: 'T',
  xLabel: 'ε',
  yLabel: 'Accuracy',
  lines: [{ label: 'PGD', model: 'standard', points }],
});

const stepChart = (
  scale: 'linear' | 'log',
  points: { x: number; y: number }[],
  start = 1,
): Extract<Detail, { type: 'steps' }> => ({
  type: 'steps',
  title: 'T',
  xLabel: 'Queries',
  yLabel: 'Accuracy',
  scale,
  lines: [{ label: 'PGD', model: 'standard', start, points }],
});
const column = ({ table: { bodies } }: ReturnType<typeof stepsView>) =>
  bodies[0].rows.map(({ cells }) => cells.map(({ text }) => text));

describe('steps', () => {
  test('hold their value up to the next point, and to the end of the axis', () => {
    const halves = [
      { x: 50, y: 0.5 },
      { x: 100, y: 0 },
    ];
    const view = stepsView(stepChart('linear', halves), 's', tags);
    const { left, right, top, bottom } = view.plot;
    const [middle, centre] = [(left + right) / 2, (top + bottom) / 2];
    expect(view.lines[0].path).toBe(`M${left} ${top}H${middle}V${centre}H${right}V${bottom}H${right}`);
    expect(column(view)).toEqual([
      ['0', '100.0\u00a0%'],
      ['20', '100.0\u00a0%'],
      ['40', '100.0\u00a0%'],
      ['60', '50.0\u00a0%'],
      ['80', '50.0\u00a0%'],
      ['100', '0.0\u00a0%'],
    ]);
  });

  test('on a logarithmic axis a factor is a length, and the table tells the ends', () => {
    const view = stepsView(
      stepChart('log', [
        { x: 0, y: 0.95 },
        { x: 1, y: 0.9 },
        { x: 10, y: 0.4 },
        { x: 250, y: 0.1 },
      ]),
      's',
      tags,
    );
    const at = (text: string) => view.xTicks.find((tick) => tick.text === text)?.x ?? Number.NaN;
    expect(at('10') - at('1')).toBeCloseTo(at('100') - at('10'), 1);
    expect(column(view).map(([x]) => x)).toEqual(['1', '2', '5', '10', '20', '50', '100', '250']);
    expect(column(view).at(-1)).toEqual(['250', '10.0\u00a0%']);
  });

  test('say the same in path, marks and table, whatever the numbers', () => {
    const point = fc.record({ x: fc.double(), y: fc.oneof(unit, fc.double()) });
    fc.assert(
      fc.property(fc.constantFrom('linear', 'log'), fc.array(point, { maxLength: 8 }), unit, (scale, points, start) => {
        const view = stepsView(stepChart(scale, points, start), 's', tags);
        expect(JSON.stringify(view)).not.toMatch(/NaN|Infinity|:null,"y"/);
        expect(view.lines[0].points).toHaveLength(column(view).length);
        expect(column(view).length).toBeLessThan(20);
      }),
    );
  });
});

describe('curves', () => {
  test('0 and 1 are the ends of both axes', () => {
    const { lines, plot } = curvesView(
      curves([
        { x: 0, y: 1 },
        { x: 8 / 255, xText: '8/255', y: 0 },
      ]),
      'c',
      tags,
    );
    expect(lines[0].points.map(({ x, y }) => [x, y])).toEqual([
      [plot.left, plot.top],
      [plot.right, plot.bottom],
    ]);
  });

  test('an undefined point breaks the line and stays in the table', () => {
    const view = curvesView(
      curves([
        { x: 0, y: 1 },
        { x: 0.1, y: null },
        { x: 0.2, y: 0.5 },
      ]),
      'c',
      tags,
    );
    expect(view.lines[0].points).toHaveLength(2);
    expect(view.lines[0].path.match(/M/g)).toHaveLength(2);
    expect(view.table.bodies[0].rows.map(({ cells }) => cells[1].text)).toEqual([
      '100.0\u00a0%',
      'undefined',
      '50.0\u00a0%',
    ]);
  });

  test('tick labels never touch, and the largest ε keeps its own', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 20 }), (steps) => {
        const { xTicks } = curvesView(
          curves(steps.map((step) => ({ x: step / 255, xText: `${step}/255`, y: 0.5 }))),
          'c',
          tags,
        );
        const labelled = xTicks.filter(({ text }) => text !== null);
        expect(labelled.at(-1)?.text).toBe(`${Math.max(...steps)}/255`);
        // 6 units is the advance of a digit at the size the labels are drawn.
        for (const [index, { x, text }] of labelled.entries())
          if (index > 0)
            expect(x - labelled[index - 1].x).toBeGreaterThan(
              3 * ((text?.length ?? 0) + (labelled[index - 1].text?.length ?? 0)),
            );
      }),
    );
  });

  test('models differ in colour and in marker, attacks in dash', () => {
    const view = curvesView(
      {
        ...curves([]),
        lines: ['standard', 'hardened'].flatMap((model) =>
          ['PGD', 'FGSM'].map((label) => ({ label, model, points: [{ x: 0, y: 1 }] })),
        ),
      },
      'c',
      tags,
    );
    const [first, second, third] = view.lines;
    expect([first.colour, first.marker]).toEqual([second.colour, second.marker]);
    expect(first.dash).not.toBe(second.dash);
    expect(third.colour).not.toBe(first.colour);
    expect(third.marker).not.toBe(first.marker);
    expect(third.dash).toBe(first.dash);
  });
});

describe('a forest', () => {
  const row = {
    label: 'darker',
    section: 'skin_tone',
    series: 'clean',
    value: 0.25,
    low: 0.1,
    high: 0.5,
    count: 5,
    total: 20,
  };
  const forest: Extract<Detail, { type: 'forest' }> = {
    type: 'forest',
    title: 'Misses',
    xLabel: 'False-negative rate',
    reference: { label: 'Everyone', value: 0.5 },
    rows: [row, { ...row, series: 'pgd', value: null, count: 0, total: 0, small: true }, { ...row, label: 'lighter' }],
  };
  const view = forestView(forest, 'f', tags, [forest]);
  const [{ rows }] = view.bodies;

  test('one row for a group, its series side by side, with counts', () => {
    expect(rows.map(({ label }) => label)).toEqual(['darker', 'lighter']);
    expect(rows[0].cells.map(({ text }) => text)).toEqual(['25.0\u00a0%', 'undefined (0 positives)']);
    expect(rows[0].cells[0].small).toBe('10.0–50.0\u00a0% · 5/20');
    expect(rows[1].cells[1].text).toBe('not run');
  });

  test('marks lie on the scale of the ticks and the reference', () => {
    const [mark] = rows[0].marks;
    const at = Object.fromEntries(view.ticks.map(({ x, text }) => [text, x]));
    expect(mark.high).toBe(view.reference?.x);
    // 25 % lies halfway from 0 to 50 %, 10 % a fifth of the way.
    const [zero, half] = [at['0\u00a0%'], mark.high ?? 0];
    expect(mark.x).toBeCloseTo(zero + (half - zero) / 2, 1);
    expect(mark.low).toBeCloseTo(zero + (half - zero) / 5, 1);
  });

  test('forests on the same axis share its scale', () => {
    const wider = { ...forest, rows: [{ ...row, high: 0.9 }] };
    const [first, second] = [forest, wider].map((each) => forestView(each, 'f', tags, [forest, wider]));
    expect(first.ticks).toEqual(second.ticks);
    expect(first.ticks).not.toEqual(view.ticks);
  });

  test('too few cases is said in words, and an undefined rate has no mark', () => {
    expect(rows[0].few).toBe('no positives');
    expect(rows[0].marks[1].drawn).toBe(false);
  });
});
