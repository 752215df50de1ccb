/** The losses of the objectives against their papers' formulas in float64, and their gradients against central differences of those. */
import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import mart from '../../objectives/mart.ts';
import pgdAt from '../../objectives/pgd-at.ts';
import crossEntropyObjective from '../../objectives/standard.ts';
import trades from '../../objectives/trades.ts';
import { lossWriter } from '../../src/engine/loss-graph.ts';
import { openGraph } from '../../src/engine/session.ts';
import { differentiateAll } from '../../src/onnx/gradient/index.ts';
import { emptyGraph, GraphBuilder } from '../../src/onnx/graph.ts';
import type { ObjectiveDefinition } from '../../src/plugin/objective.ts';
import { Draw } from '../gradient/harness.ts';

type Rows = readonly (readonly number[])[];

/** Losses [N] and their gradients for the logits of the objective's views, [N][K] each. */
async function computed(
  definition: ObjectiveDefinition,
  options: unknown,
  rows: { clean: Rows; adversarial: Rows; labels: Rows },
) {
  const [count, classes] = [rows.labels.length, rows.labels[0].length];
  const builder = new GraphBuilder(emptyGraph('losses', 18));
  for (const name of ['clean', 'adversarial', 'labels']) builder.input(name, 'float32', [count, classes]);
  builder.input('ones', 'float32', [count, 1]);
  const values = { logits: { clean: 'clean', adversarial: 'adversarial' }, labels: 'labels', classes };
  const output = definition.loss(lossWriter(builder), values, options);
  const gradients = differentiateAll(builder, { output, cotangent: 'ones', inputs: definition.views });
  builder.graph.outputs = [output, ...gradients].map((name) => ({
    name,
    type: 'float32',
    dims: [],
    undeclared: 'shape',
  }));
  const session = await openGraph(builder.graph, { threads: 1 });
  const tensor = (of: Rows) => new ort.Tensor('float32', Float32Array.from(of.flat()), [count, classes]);
  const feeds = {
    clean: tensor(rows.clean),
    adversarial: tensor(rows.adversarial),
    labels: tensor(rows.labels),
    ones: new ort.Tensor('float32', new Float32Array(count).fill(1), [count, 1]),
  };
  const used = Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputNames.includes(name)));
  const results = await session.run(used);
  await session.release();
  const numbers = (name: string) => [...(results[name].data as Float32Array)];
  return { losses: numbers(output), gradients: gradients.map(numbers) };
}

const softmax = (logits: readonly number[]) => {
  const exponentials = logits.map(Math.exp);
  const total = exponentials.reduce((a, b) => a + b);
  return exponentials.map((value) => value / total);
};
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const crossEntropy = (logits: readonly number[], labels: readonly number[]) =>
  -dot(labels, softmax(logits).map(Math.log));
const kl = (p: readonly number[], q: readonly number[]) =>
  p.reduce((sum, value, i) => sum + value * Math.log(value / q[i]), 0);

type Formula = (clean: readonly number[], adversarial: readonly number[], labels: readonly number[]) => number;
/** Zhang et al. 2019, equation 5. */
const tradesFormula: Formula = (clean, adversarial, labels) =>
  crossEntropy(clean, labels) + 6 * kl(softmax(clean), softmax(adversarial));
/** Wang et al. 2020, equations 8 to 11, with the authors' 1.0001 and 1.0000001. */
const martFormula: Formula = (clean, adversarial, labels) => {
  const label = labels.indexOf(Math.max(...labels));
  const [p, q] = [softmax(clean), softmax(adversarial)];
  const other = Math.max(...q.filter((_, k) => k !== label));
  return crossEntropy(adversarial, labels) - Math.log(1.0001 - other + 1e-12) + 6 * kl(p, q) * (1.0000001 - p[label]);
};

const draw = new Draw(11);
const logits = (count: number, classes: number) =>
  Array.from({ length: count }, () => Array.from({ length: classes }, () => 2 * draw.normal()));
const rows = {
  clean: logits(6, 4),
  adversarial: logits(6, 4),
  // One-hot, and two that are smoothed.
  labels: [0, 1, 2, 3, 0, 1].map((label, row) => {
    const smoothing = row < 4 ? 0 : 0.1;
    return [0, 1, 2, 3].map((k) => smoothing / 4 + (k === label ? 1 - smoothing : 0));
  }),
};

describe('losses of rows of logits, and their gradients', () => {
  test.each<[string, ObjectiveDefinition, unknown, Formula]>([
    ['standard', crossEntropyObjective, {}, (clean, _, labels) => crossEntropy(clean, labels)],
    ['pgd-at', pgdAt, {}, (_, adversarial, labels) => crossEntropy(adversarial, labels)],
    ['trades', trades, { beta: 6 }, tradesFormula],
    ['mart', mart, { lambda: 6 }, martFormula],
  ])('%s', async (_, definition, options, formula) => {
    const { losses, gradients } = await computed(definition, options, rows);
    for (const [row, loss] of losses.entries()) {
      const given = { clean: rows.clean[row], adversarial: rows.adversarial[row] };
      const at = (changed: Partial<typeof given>) => {
        const { clean, adversarial } = { ...given, ...changed };
        return formula(clean, adversarial, rows.labels[row]);
      };
      expect(loss).toBeCloseTo(at({}), 4);
      for (const [place, view] of definition.views.entries())
        for (let k = 0; k < 4; k++) {
          const moved = (by: number) => at({ [view]: given[view].map((value, i) => value + (i === k ? by : 0)) });
          expect(gradients[place][row * 4 + k]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 4);
        }
    }
  });

  test('TRADES of equal views is cross-entropy; its divergence of (½, ½) from (¾, ¼) is ½ ln 4/3', async () => {
    const label = [[1, 0]];
    const equal = await computed(trades, { beta: 6 }, { clean: [[0, 0]], adversarial: [[0, 0]], labels: label });
    expect(equal.losses[0]).toBeCloseTo(Math.LN2, 6);
    const apart = { clean: [[0, 0]], adversarial: [[Math.log(3), 0]], labels: label };
    expect((await computed(trades, { beta: 1 }, apart)).losses[0]).toBeCloseTo(Math.LN2 + 0.5 * Math.log(4 / 3), 6);
  });

  test('MART stays finite where the prediction is as sure as float32 allows, right or wrong', async () => {
    const sure = { clean: [[200, 0]], adversarial: [[200, 0]], labels: [[1, 0]] };
    const { losses } = await computed(mart, { lambda: 6 }, sure);
    expect(losses[0]).toBeCloseTo(-Math.log(1.0001), 6);
    const wrong = await computed(mart, { lambda: 6 }, { ...sure, labels: [[0, 1]] });
    expect(wrong.losses[0]).toBeCloseTo(200 - Math.log(1e-4), 2);
    for (const value of wrong.gradients.flat()) expect(Number.isFinite(value)).toBe(true);
  });
});
