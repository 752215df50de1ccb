import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { lossWriter } from '../../src/engine/loss-graph.ts';
import { lossNamed } from '../../src/loss/index.ts';
import { emptyGraph, GraphBuilder } from '../../src/onnx/graph.ts';
import { writeModel } from '../../src/onnx/write.ts';
import type { Goal } from '../../src/plugin/goal.ts';
import type { LossDefinition } from '../../src/plugin/loss.ts';

const names = ['cross-entropy', 'margin', 'dlr', 'logit-difference'];
const CLASSES = 6;

/** Well separated logits in random order, so that small steps change no rank. */
const logitRow = fc
  .tuple(
    fc.shuffledSubarray([-6, -3, -1, 0.5, 2, 5], { minLength: CLASSES }),
    fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { minLength: CLASSES, maxLength: CLASSES }),
  )
  .map(([ranks, noise]) => ranks.map((rank, i) => rank + noise[i]));
const goals: fc.Arbitrary<Goal> = fc.oneof(
  fc.nat(CLASSES - 1).map((label): Goal => ({ kind: 'leave', classes: [label] })),
  fc
    .tuple(fc.nat(CLASSES - 1), fc.integer({ min: 1, max: CLASSES - 1 }))
    .map(([from, step]): Goal => ({ kind: 'reach', from, target: (from + step) % CLASSES })),
);

/** Values and cotangents of a batch by the loss's graph form, in ONNX Runtime. */
async function byGraph(loss: LossDefinition, logits: Float32Array[], goalsOfRows: Goal[]) {
  const builder = new GraphBuilder(emptyGraph('loss'));
  builder.input('logits', 'float32', ['N', CLASSES]);
  const form = loss.graph as NonNullable<LossDefinition['graph']>;
  const rows = Array.from({ length: form.rows }, (_, i) => builder.input(`row${i}`, 'float32', ['N', CLASSES]));
  const { value, cotangent } = form.build(lossWriter(builder), 'logits', rows, CLASSES);
  const named = ['value', 'cotangent'].map((name, i) => {
    builder.graph.nodes.push({
      op: 'Identity',
      domain: '',
      name,
      inputs: [[value, cotangent][i]],
      outputs: [name],
      attributes: {},
    });
    return { name, type: 'float32' as const, dims: ['N', i === 0 ? 1 : CLASSES] };
  });
  builder.graph.outputs = named;
  const session = await ort.InferenceSession.create(writeModel(builder.graph), { logSeverityLevel: 4 });
  const pack = (values: Float32Array[]) =>
    new ort.Tensor('float32', Float32Array.from(values.flatMap((row) => [...row])), [values.length, CLASSES]);
  const encoded = goalsOfRows.map((goal) => form.encode(goal, CLASSES));
  const feeds: Record<string, ort.Tensor> = { logits: pack(logits) };
  rows.forEach((name, i) => {
    feeds[name] = pack(encoded.map((row) => row[i]));
  });
  const answer = await session.run(feeds);
  await session.release();
  return {
    values: answer.value.data as Float32Array,
    cotangents: answer.cotangent.data as Float32Array,
  };
}

describe.each(names)('the %s loss', (name) => {
  const loss = lossNamed(name);

  it('has a cotangent that central differences confirm', () => {
    fc.assert(
      fc.property(logitRow, goals, (row, goal) => {
        const logits = Float32Array.from(row);
        const cotangent = loss.cotangent(logits, goal);
        for (let i = 0; i < CLASSES; i++) {
          const up = logits.slice();
          const down = logits.slice();
          up[i] += 0.01;
          down[i] -= 0.01;
          const slope = (loss.value(up, goal) - loss.value(down, goal)) / (up[i] - down[i]);
          expect(Math.abs(slope - cotangent[i])).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is the same as plain arithmetic and as graph operators', async () => {
    const sample = fc.sample(fc.tuple(logitRow, goals), { numRuns: 64, seed: 5 });
    const logits = sample.map(([row]) => Float32Array.from(row));
    const { values, cotangents } = await byGraph(
      loss,
      logits,
      sample.map(([, goal]) => goal),
    );
    for (const [i, [, goal]] of sample.entries()) {
      const value = loss.value(logits[i], goal);
      expect(Math.abs(values[i] - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value)));
      const cotangent = loss.cotangent(logits[i], goal);
      for (let k = 0; k < CLASSES; k++) {
        const scale = Math.max(1, ...cotangent.map(Math.abs));
        expect(Math.abs(cotangents[i * CLASSES + k] - cotangent[k])).toBeLessThan(1e-4 * scale);
      }
    }
  });

  it('grows towards its goal', () => {
    const goal: Goal = { kind: 'reach', from: 0, target: 3 };
    const before = Float32Array.of(3, 1, 0.5, 1.5, -1, 0);
    const after = Float32Array.of(2, 1, 0.5, 2.5, -1, 0);
    expect(loss.value(after, goal)).toBeGreaterThan(loss.value(before, goal));
  });
});

describe('the DLR loss', () => {
  it('does not change when logits are scaled and shifted', () => {
    const logits = Float32Array.of(1, 4, 2.5, -1, 0, 3);
    const changed = logits.map((value) => 8 * value + 3);
    for (const goal of [
      { kind: 'leave', classes: [1] },
      { kind: 'reach', from: 1, target: 0 },
    ] satisfies Goal[]) {
      expect(lossNamed('dlr').value(changed, goal)).toBeCloseTo(lossNamed('dlr').value(logits, goal), 5);
    }
  });

  it('is refused where there are too few classes, with what to use instead', () => {
    expect(() => lossNamed('dlr').value(Float32Array.of(1, 0), { kind: 'leave', classes: [0] })).toThrow(
      /at least 3 classes; this model has 2/,
    );
  });
});
